import type { RecordError } from '../record.ts'

/** The largest record that is taken if nothing else is asked for: 16 MiB, what an event may have. */
export const DEFAULT_MAX_RECORD_BYTES = 16 * 1024 * 1024

export function tooLargeError(lengthBytes: number, maxRecordBytes: number): RecordError {
  return {
    code: 'record-too-large',
    message: `the record has ${lengthBytes} bytes, ${maxRecordBytes} are allowed (--max-record-bytes)`,
  }
}
