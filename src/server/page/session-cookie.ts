import { createHmac, timingSafeEqual } from 'node:crypto'

const DAYS_30_MS = 30 * 86_400_000
const FORM = /^v1\.([A-Za-z0-9]{1,64})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/u

/**
 * The value of the cookie: the id of a token, an end, and an HMAC of both under the token's hash.
 *
 * Why so: the cookie must not hold the token, which could also send events and open everything else; it has to hold on
 * every instance and after a restart. What all instances share is the event store, and it has the hash of every token:
 * so there is no key to be made, kept and handed round, no list of sessions to be written and tidied up, and a session
 * ends with its token. Whoever can read the hashes can make such a cookie, and sees the status page of a store that he can
 * read anyway; he cannot send an event with it. What it cannot do is end one session alone on the server: signing out
 * makes the browser forget it, revoking the token makes it worthless.
 */
export function sessionCookie(token: { id: string; hash: Uint8Array }, nowMs: number): string {
  const endsAt = String(nowMs + DAYS_30_MS)
  return `v1.${token.id}.${endsAt}.${seal(token.hash, token.id, endsAt).toString('base64url')}`
}

export const SESSION_SECONDS = DAYS_30_MS / 1000

export interface ReadCookie {
  tokenId: string
  /** Whether it was made with this hash. */
  isOf(hash: Uint8Array): boolean
}

/** Null: it is none of ours, or its end has come. */
export function readSessionCookie(value: string, nowMs: number): ReadCookie | null {
  const [, tokenId, endsAt, mac] = FORM.exec(value) ?? []
  if (tokenId === undefined || endsAt === undefined || mac === undefined) return null
  if (Number(endsAt) <= nowMs) return null
  const given = Buffer.from(mac, 'base64url')
  return {
    tokenId,
    isOf: (hash) => {
      const own = seal(hash, tokenId, endsAt)
      return given.length === own.length && timingSafeEqual(given, own)
    },
  }
}

function seal(hash: Uint8Array, tokenId: string, endsAt: string): Buffer {
  return createHmac('sha256', hash).update(`demetra status page, ${tokenId}, ${endsAt}`).digest()
}
