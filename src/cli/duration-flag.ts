import { createRequire } from 'node:module'
import type * as polyfill from 'temporal-polyfill'
import { DemetraError, EXIT } from '../errors.ts'

/** Milliseconds since 1970 of the time that lies an ISO 8601 duration before `nowMs`, in UTC. Throws DemetraError. */
export function timeBefore(nowMs: number, text: string, flag: string): number {
  const { Temporal, duration } = parse(text, flag)
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO('UTC')
  return now.subtract(duration).epochMilliseconds
}

/** Milliseconds of an ISO 8601 duration of hours, minutes and seconds; a day has 24 hours. Throws DemetraError. */
export function durationMs(text: string, flag: string): number {
  return -timeBefore(0, text, flag)
}

function parse(
  text: string,
  flag: string,
): { Temporal: typeof polyfill.Temporal; duration: polyfill.Temporal.Duration } {
  // loaded by those alone who need it, as in import/dates/zone.ts
  const { Temporal } = createRequire(import.meta.url)('temporal-polyfill') as typeof polyfill
  let duration: polyfill.Temporal.Duration
  try {
    duration = Temporal.Duration.from(text)
  } catch (cause) {
    throw noDuration(text, flag, cause)
  }
  if (duration.sign < 0) throw noDuration(text, flag)
  return { Temporal, duration }
}

function noDuration(text: string, flag: string, cause?: unknown): DemetraError {
  return new DemetraError(
    `${flag}: expected a duration like P90D, P1Y or PT30M (ISO 8601: days, years, minutes), got '${text}'`,
    { code: 'DEMETRA_DURATION', exitCode: EXIT.usage, cause },
  )
}
