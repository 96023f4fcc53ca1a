import * as Flags from '@oclif/core/flags'
import { DemetraError, EXIT } from '../errors.ts'
import type { LogFilter } from '../event-log/event-log.ts'
import { endOf } from '../event/log-order.ts'
import { lastPositionAt, positionAt } from '../event/position.ts'
import { parseRfc3339 } from '../event/time.ts'

/** Flags that choose a part of the event log. */
export const rangeFlags = {
  from: Flags.string({
    description: 'From this time on, by position: 2016-01-01 or RFC 3339.',
    helpValue: 'TIME',
  }),
  to: Flags.string({ description: 'Before this time.', helpValue: 'TIME' }),
  type: Flags.string({
    description: 'Only this type; several: the flag again.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  aggregate: Flags.string({ description: 'Only events of this aggregate.', helpValue: 'ID' }),
  correlation: Flags.string({ description: 'Only events of this correlation.', helpValue: 'ID' }),
}

interface RangeFlags {
  from?: string | undefined
  to?: string | undefined
  type?: string[] | undefined
  aggregate?: string | undefined
  correlation?: string | undefined
}

/** `from` is inclusive, `to` exclusive. Throws DemetraError (usage) for what is no time. */
export function rangeOf(flags: RangeFlags): LogFilter {
  const filter: LogFilter = {}
  const from = flags.from === undefined ? 0 : timeOf(flags.from, '--from')
  if (from > 0) filter.after = endOf(lastPositionAt(from - 1))
  if (flags.to !== undefined) filter.upTo = positionAt(timeOf(flags.to, '--to')) - 1n
  if (flags.type !== undefined && flags.type.length > 0) filter.types = flags.type
  if (flags.aggregate !== undefined) filter.aggregateId = flags.aggregate
  if (flags.correlation !== undefined) filter.correlationId = flags.correlation
  return filter
}

/** Milliseconds since 1970. Throws DemetraError (usage). */
export function timeOf(text: string, flag: string): number {
  const time = parseRfc3339(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (time !== null) return time
  throw new DemetraError(`${flag}: expected a time like 2016-01-01 or 2016-01-01T12:00:00Z, got '${text}'`, {
    code: 'DEMETRA_TIME',
    exitCode: EXIT.usage,
  })
}
