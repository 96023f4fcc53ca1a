import { redactSecrets } from '../text/redact.ts'

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One JSON object a line. Never a payload, a header or a token's secret. */
export interface ServerLog {
  info(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

export function createServerLog(write: (line: string) => void): ServerLog {
  const log = (level: string, message: string, fields: Fields = {}): void => {
    const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })
    write(`${redactSecrets(line)}\n`)
  }
  return {
    info: (message, fields) => log('info', message, fields),
    error: (message, fields) => log('error', message, fields),
  }
}
