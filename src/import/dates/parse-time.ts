import { parseRfc3339 } from '../../event/time.ts'
import { fractionMs, offsetMs, quoted, toLocalMs, type TimeError } from './fields.ts'
import type { Zone } from './zone.ts'

const STAMP =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?: ?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?))?)?$/
const EPOCH = /^(\d{10})(?:\.(\d+))?$|^(\d{13})$/

/**
 * Common time stamps as ms since 1970, or why they are none: RFC 3339, ISO 8601 with `-` or `/` between the
 * parts of the date, with or without seconds, fraction and offset; a date alone (its midnight); seconds or
 * milliseconds since 1970 (10 or 13 digits). One without an offset is read in `zone`; with none it is an
 * error. Finer digits than milliseconds are cut. The form of Demetra's own times costs about 60 ns.
 */
export function parseTime(text: string, zone: Zone | null): number | TimeError {
  return parseRfc3339(text) ?? parseStamp(text, zone)
}

function parseStamp(text: string, zone: Zone | null): number | TimeError {
  const stamp = STAMP.exec(text)
  if (stamp === null) return parseEpoch(text)
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = stamp
  const local = toLocalMs(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    fractionMs(fraction),
  )
  if (typeof local !== 'number') return { error: `${quoted(text)}: ${local.error}` }
  if (offset !== undefined) {
    const ms = offsetMs(offset)
    return typeof ms === 'number' ? local - ms : { error: `${quoted(text)}: ${ms.error}` }
  }
  return zone === null
    ? { error: `${quoted(text)} has no zone; say which one it is in with --timezone` }
    : zone.toInstant(local)
}

function parseEpoch(text: string): number | TimeError {
  const epoch = EPOCH.exec(text)
  if (epoch === null)
    return { error: `${quoted(text)} is no time that is known; describe it with --date-format` }
  const [, seconds, fraction = '', milliseconds] = epoch
  return milliseconds === undefined ? Number(seconds) * 1000 + fractionMs(fraction) : Number(milliseconds)
}
