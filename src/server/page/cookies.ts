import type { IncomingHttpHeaders } from 'node:http'
import { SESSION_SECONDS } from './session-cookie.ts'

const NAME = 'demetra_session'

export function cookieOf(headers: IncomingHttpHeaders): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === NAME)?.[1]
}

/** `value` null: the browser is to forget it. A proxy that speaks TLS to the browser says so. */
export function setCookie(value: string | null, headers: IncomingHttpHeaders): string {
  const parts = [`${NAME}=${value ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Strict']
  parts.push(`Max-Age=${value === null ? 0 : SESSION_SECONDS}`)
  const protocol = String(headers['x-forwarded-proto'] ?? '').split(',', 1)[0]
  if (protocol?.trim().toLowerCase() === 'https') parts.push('Secure')
  return parts.join('; ')
}
