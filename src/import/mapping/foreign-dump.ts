import { DemetraError, EXIT } from '../../errors.ts'
import type { SourceRecord } from '../record.ts'

/**
 * The error for a dump that is not in Demetra's own form and came without a mapping, with its columns and
 * the command to start from. Null for what is no JSON object: that costs this record alone.
 */
export function foreignDump(first: SourceRecord, header: readonly string[]): DemetraError
export function foreignDump(first: SourceRecord): DemetraError | null
export function foreignDump(first: SourceRecord, header?: readonly string[]): DemetraError | null {
  const columns = header ?? jsonMembers(first)
  if (columns === null) return null
  const guess = (pattern: RegExp, otherwise: string): string =>
    columns.find((name) => pattern.test(name)) ?? otherwise
  const type = guess(/^(event|type|activity|action|name)|event$|type$/i, 'COLUMN')
  const aggregate = guess(/id$/i, 'COLUMN')
  const time = guess(/time|date|created|_at$/i, 'COLUMN')
  return new DemetraError(
    "The source is not in Demetra's own form, so it has to be told what each event is",
    {
      code: 'DEMETRA_MAPPING_MISSING',
      exitCode: EXIT.usage,
      hints: [
        `Its columns are: ${columns.join(', ')}`,
        'Say where service, type, aggregate and time are, for instance',
        `\`demetra verify FILE --service SERVICE --type '{${type}}' --aggregate 'NAME/{${aggregate}}' --created-at '{${time}}'\``,
        'and import with the same flags once `verify` shows what you expect',
      ],
    },
  )
}

function jsonMembers(record: SourceRecord): string[] | null {
  try {
    const value = JSON.parse((record.bytes ?? Buffer.alloc(0)).toString('utf8')) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : null
  } catch {
    return null
  }
}
