import { timingSafeEqual } from 'node:crypto'
import { hashSecret, parseToken } from '../token/token.ts'
import type { TokenLookUps } from './token-look-ups.ts'

/** What a token opens. */
export interface Access {
  tokenId: string
  /** It may send events of these, and read them. */
  services: readonly string[]
  /** Everything that is read, of all services. */
  read: boolean
}

export interface Authenticator {
  /**
   * What the token in an `Authorization` header opens; null: there is none, or it is not good. One that is revoked is
   * refused within 5 s.
   *
   * @throws DemetraError exit 5 or 10: it could not be told now. It never holds any of the header
   */
  check: (header: string | undefined) => Promise<Access | null>
}

const BEARER = /^Bearer +(\S{1,200})$/iu
/** What the secret of an unknown id is compared with, so that it takes as long as that of a known one. */
const NOBODYS_HASH = new Uint8Array(32)

export function createAuthenticator(lookUps: TokenLookUps): Authenticator {
  return {
    check: async (header) => {
      const given = parseToken(BEARER.exec(header ?? '')?.[1] ?? '')
      if (given === null) return null
      const token = await lookUps.find(given.id)
      const isRight = timingSafeEqual(hashSecret(given.secret), token?.hash ?? NOBODYS_HASH)
      if (token === null || !isRight || token.revokedAt !== null) return null
      return { tokenId: token.id, services: token.services, read: token.read }
    },
  }
}
