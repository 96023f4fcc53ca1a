import { readSessionCookie, sessionCookie } from './session-cookie.ts'

/** What a session rests on; a part of what the store keeps of a token. */
export interface SessionToken {
  id: string
  hash: Uint8Array
  read: boolean
  revokedAt: number | null
}

/** Tokens by id; one that was revoked is told as such within 5 s, by every instance. */
export interface SessionTokens {
  find(id: string): Promise<SessionToken | null>
}

/** Who has signed in, by what the cookie says and the store knows of its token; nothing is kept that has to last. */
export class Sessions {
  readonly #tokens: SessionTokens
  readonly #now: () => number
  /** Tokens that open the page, as they were told last. */
  readonly #known = new Map<string, SessionToken>()

  constructor(tokens: SessionTokens, now: () => number = Date.now) {
    this.#tokens = tokens
    this.#now = now
  }

  /** The value of a cookie; null: the token is gone, or does not open the page. */
  async begin(tokenId: string): Promise<string | null> {
    const token = await this.#find(tokenId)
    return token === null ? null : sessionCookie(token, this.#now())
  }

  /** @throws what the register throws, where this token was never found before */
  async isOpen(cookie: string | undefined): Promise<boolean> {
    const read = cookie === undefined ? null : readSessionCookie(cookie, this.#now())
    if (read === null) return false
    const token = await this.#find(read.tokenId).catch((error: unknown) => {
      // a page that goes blank when the store does would tell nobody what is wrong; nothing new can be read from it now
      const known = this.#known.get(read.tokenId)
      if (known === undefined) throw error
      return known
    })
    return token !== null && read.isOf(token.hash)
  }

  /** Null where it does not open the page. */
  async #find(id: string): Promise<SessionToken | null> {
    const token = await this.#tokens.find(id)
    if (token !== null && token.read && token.revokedAt === null) {
      this.#known.set(id, token)
      return token
    }
    this.#known.delete(id)
    return null
  }
}
