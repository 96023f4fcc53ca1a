import { createHash, randomBytes } from 'node:crypto'
import { TOKEN_ID, TOKEN_SECRET } from '../text/redact.ts'

/** The text form of a token, `demetra_ID_SECRET`, taken apart. */
export interface TokenText {
  id: string
  secret: string
}

const TOKEN = new RegExp(`^demetra_(${TOKEN_ID})_(${TOKEN_SECRET})$`, 'u')
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** 32 random bytes as the secret, and 40 random bits as the id. */
export function drawToken(): TokenText {
  const id = Array.from(randomBytes(8), (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('')
  return { id, secret: randomBytes(32).toString('base64url') }
}

export function formatToken({ id, secret }: TokenText): string {
  return `demetra_${id}_${secret}`
}

/** null: it has not the form of a token. */
export function parseToken(text: string): TokenText | null {
  const [, id, secret] = TOKEN.exec(text) ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}

/** What is stored of a secret: 32 random bytes need no salt and no slow hash. */
export function hashSecret(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}
