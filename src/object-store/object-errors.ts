import { DemetraError, EXIT } from '../errors.ts'

export function objectMissing(url: string, key: string): DemetraError {
  return objectError(url, key, 'it is not there')
}

/** `foundBytes` of it, where `wantedBytes` were to be read. */
export function objectShort(url: string, key: string, wantedBytes: number, foundBytes: number): DemetraError {
  return objectError(
    url,
    key,
    `it ends too early: ${wantedBytes} bytes were expected and ${foundBytes} are there`,
  )
}

/** The content is not what was written. */
export function objectChanged(url: string, key: string, cause?: unknown): DemetraError {
  return objectError(url, key, 'its bytes are not those that were written', cause)
}

/** The caller says one thing and means another; or memory fails. */
export function bodyMismatch(url: string, key: string): DemetraError {
  return objectError(url, key, 'the content to be written does not match its SHA-256; nothing was stored')
}

function objectError(url: string, key: string, what: string, cause?: unknown): DemetraError {
  return new DemetraError(`The object ${key} of ${url} cannot be used: ${what}`, {
    code: 'DEMETRA_ARCHIVE_OBJECT',
    exitCode: EXIT.failed,
    hints: ['`demetra verify --deep` says what is whole and what is not'],
    context: { store: url, key },
    cause,
  })
}
