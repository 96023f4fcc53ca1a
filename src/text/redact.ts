/** Keeps secrets out of everything that is shown: messages, logs, errors, JSON. */

/** In a text: up to the last @ before a blank, a double quote or an angle bracket; a password may hold all else. */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s"<>]*)@/giu
/** Of a URL alone: whatever stands before its last @. */
const URL_CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)(?!\/).*@/isu
const SECRET_PARAMETERS =
  /([?&;](?:[^=&\s]*(?:password|passwd|pwd|secret|token|credential|accesskey|access_key|apikey|api_key|signature)[^=&\s]*)=)[^&\s"'`<>]*/giu

/** A bearer token is `demetra_ID_SECRET`; the id is public. */
export const TOKEN_ID = '[a-z2-7]{8}'
export const TOKEN_SECRET = '[A-Za-z0-9_-]{43}'
/** Also one that lost its end, or has something behind it, on its way. */
const TOKENS = new RegExp(`(demetra_${TOKEN_ID}_)[A-Za-z0-9_-]{20,}`, 'giu')

/** Takes user, password and secret parameters out of any URL that a text contains, and the secret out of any token. */
export function redactSecrets(text: string): string {
  return text.replace(CREDENTIALS, '$1***@').replace(SECRET_PARAMETERS, '$1***').replace(TOKENS, '$1***')
}

/** A store's URL as it may be shown: no user, no password, no secret parameters. */
export function redactUrl(url: string): string {
  return redactSecrets(url.replace(URL_CREDENTIALS, '$1***@'))
}
