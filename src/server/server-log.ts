import { redactSecrets } from '../text/redact.ts'

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One JSON object a line. Never a payload, a header or a token's secret. */
export interface ServerLog {
  info(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** @param quiet errors alone */
export function createServerLog(write: (lines: string) => void, quiet = false): ServerLog {
  let lines = ''
  // what one turn of the event loop has to say is written at once
  const flush = (): void => {
    const text = lines
    lines = ''
    write(text)
  }
  const log = (level: string, message: string, fields: Fields = {}): void => {
    if (lines === '') setImmediate(flush)
    lines += `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`
  }
  return {
    info: quiet ? () => undefined : (message, fields) => log('info', message, fields),
    error: (message, fields = {}) => {
      const redacted = Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === 'string' ? redactSecrets(value) : value,
      ])
      log('error', redactSecrets(message), Object.fromEntries(redacted) as Fields)
    },
  }
}
