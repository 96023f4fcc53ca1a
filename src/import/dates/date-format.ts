import { dateText, quoted, toLocalMs, WEEKDAYS, type TimeError } from './fields.ts'
import { readFormat } from './format-tokens.ts'
import { newReading, type Step } from './format-steps.ts'
import { formatError } from './format-error.ts'
import { openZone } from './zone.ts'

export type ParseTime = (text: string) => number | TimeError

/**
 * Compiles a format of Unicode (LDML) tokens, as in `yyyy/MM/dd HH:mm:ss.SSS`, into a parser: text to ms
 * since 1970, or why it does not fit. `zone` (IANA name, UTC, offset) is needed unless the format has an
 * offset token, which wins. Month and weekday names are English, in any case. Throws DemetraError (exit 2)
 * for a token it does not know, a date that is not complete, an unknown zone, no zone.
 */
export function compileDateFormat(format: string, zone?: string | null): ParseTime {
  const { steps, hasOffset } = readFormat(format)
  const inZone = zone === undefined || zone === null ? null : openZone(zone)
  if (!hasOffset && inZone === null) {
    throw formatError(
      format,
      'DEMETRA_TIMEZONE_MISSING',
      'has no offset, and no zone was given: the times cannot be told',
      'Say which zone they are in: `--timezone Europe/Amsterdam`, or `--timezone UTC`',
    )
  }
  return (text) => {
    const reading = newReading(text)
    const misfit = read(steps, reading)
    if (misfit !== null) return { error: `${quoted(text)} does not fit ${format}: ${misfit}` }
    const { year, month, day, minute, second, millisecond, weekday } = reading
    const hour = reading.half === -1 ? reading.hour : (reading.hour % 12) + reading.half
    const local = toLocalMs(year, month, day, hour, minute, second, millisecond)
    if (typeof local !== 'number') return { error: `${quoted(text)}: ${local.error}` }
    if (weekday !== -1 && weekday !== weekdayOf(local)) {
      const date = dateText(year, month, day)
      return {
        error: `${quoted(text)}: ${date} is a ${WEEKDAYS[weekdayOf(local)]}, not a ${WEEKDAYS[weekday]}`,
      }
    }
    return Number.isNaN(reading.offsetMs) ? (inZone?.toInstant(local) ?? local) : local - reading.offsetMs
  }
}

/** What does not fit, or null. */
function read(steps: readonly Step[], reading: ReturnType<typeof newReading>): string | null {
  for (const step of steps) {
    const expected = step(reading)
    if (expected !== null) return `expected ${expected} at character ${reading.at + 1}`
  }
  if (reading.at === reading.text.length) return null
  return `expected the end at character ${reading.at + 1}, got ${quoted(reading.text.slice(reading.at))}`
}

function weekdayOf(localMs: number): number {
  return (((Math.floor(localMs / 86_400_000) + 4) % 7) + 7) % 7
}
