import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a form was sent by a page of ours: another one must not sign anybody in or out. Browsers say so in
 * `Sec-Fetch-Site` where the connection is safe, in `Origin` everywhere; what says neither is no browser.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
