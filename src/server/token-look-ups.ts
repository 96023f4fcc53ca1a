import { DemetraError, EXIT } from '../errors.ts'
import type { StoredToken, TokenRegister } from '../event-store/event-store.ts'

/** A revoked token is refused within 5 s: what is older than this since it was asked for is asked for anew. */
const FRESH_MS = 4000
/** Of each kind; a token's entry is some hundred bytes. */
const MOST_ENTRIES = 1000
/** So many ids that are not known to be a token's may be looked up at once, and then so many a second. */
const UNKNOWN_AT_ONCE = 50
const UNKNOWN_PER_SECOND = 20

interface LookUp {
  askedAt: number
  token: Promise<StoredToken | null>
}

/**
 * Tokens by id, from the store, each asked for at most once in a few seconds, in bounded memory. Whoever tries ids by
 * chance costs the store a few look-ups a second and never displaces tokens that are in use. A server has one of it.
 */
export class TokenLookUps {
  readonly #tokens: TokenRegister
  readonly #now: () => number
  /** Ids that were a token's when they were looked up last; the least recently asked for first. */
  readonly #known = new Map<string, LookUp>()
  readonly #unknown = new Map<string, LookUp>()
  /** Look-ups of unknown ids that may still begin; grows with time, comes back where the id turns out to be known. */
  #allowance = UNKNOWN_AT_ONCE
  #grantedAt: number

  /** @param now milliseconds that never go back */
  constructor(tokens: TokenRegister, now: () => number = () => performance.now()) {
    this.#tokens = tokens
    this.#now = now
    this.#grantedAt = now()
  }

  /**
   * null: there is no such token.
   *
   * @throws DemetraError DEMETRA_TOO_MANY_TOKENS, exit 5; DEMETRA_STORE_UNREACHABLE, exit 10, where there was no answer in time;
   *   what the store throws
   */
  find(id: string): Promise<StoredToken | null> {
    const lookUp = this.#known.get(id) ?? this.#unknown.get(id)
    if (lookUp !== undefined && this.#now() - lookUp.askedAt < FRESH_MS) return lookUp.token
    return this.#known.has(id) ? this.#askForKnown(id) : this.#askForUnknown(id)
  }

  #askForKnown(id: string): Promise<StoredToken | null> {
    return this.#ask(this.#known, id)
  }

  async #askForUnknown(id: string): Promise<StoredToken | null> {
    this.#spendAllowance()
    try {
      const token = await this.#ask(this.#unknown, id)
      if (token !== null) {
        this.#returnAllowance()
        const lookUp = this.#unknown.get(id)
        this.#unknown.delete(id)
        if (lookUp !== undefined) put(this.#known, id, lookUp)
      }
      return token
    } catch (error) {
      this.#returnAllowance()
      throw error
    }
  }

  #ask(entries: Map<string, LookUp>, id: string): Promise<StoredToken | null> {
    const token = inTime(this.#tokens.find(id))
    const lookUp = { askedAt: this.#now(), token }
    put(entries, id, lookUp)
    token.catch(() => {
      // the next one asks anew
      if (entries.get(id) === lookUp) lookUp.askedAt = -Infinity
    })
    return token
  }

  #spendAllowance(): void {
    const now = this.#now()
    const granted = ((now - this.#grantedAt) / 1000) * UNKNOWN_PER_SECOND
    this.#allowance = Math.min(UNKNOWN_AT_ONCE, this.#allowance + granted)
    this.#grantedAt = now
    if (this.#allowance < 1) throw tooManyTokens()
    this.#allowance -= 1
  }

  #returnAllowance(): void {
    this.#allowance = Math.min(UNKNOWN_AT_ONCE, this.#allowance + 1)
  }
}

/** Behind all others; the first goes where there are too many. */
function put(entries: Map<string, LookUp>, id: string, lookUp: LookUp): void {
  entries.delete(id)
  entries.set(id, lookUp)
  const [oldest] = entries.keys()
  if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest)
}

/** A store that is waited for longer than an answer is good for is not there. */
async function inTime<Result>(answer: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(storeLate()), FRESH_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function tooManyTokens(): DemetraError {
  return new DemetraError('Too many unknown tokens are being tried: this one was not looked up', {
    code: 'DEMETRA_TOO_MANY_TOKENS',
    exitCode: EXIT.temporary,
    hints: ['Try again in a second', 'Who tries them is in the access log of `demetra serve`'],
  })
}

function storeLate(): DemetraError {
  return new DemetraError(
    `The event store did not tell within ${FRESH_MS / 1000} s whether the token is good`,
    {
      code: 'DEMETRA_STORE_UNREACHABLE',
      exitCode: EXIT.unreachable,
      hints: ['`demetra status` tells whether the store answers'],
    },
  )
}
