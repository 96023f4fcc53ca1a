import { daysInMonth, daysSince1970 } from '../../event/time.ts'
import { DAY_MS } from './zone.ts'

/** Why a text is no time. */
export interface TimeError {
  error: string
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

/**
 * A date and a time of day as ms since 1970, as if in UTC; or what is wrong with them. A leap second (60) is
 * out of range: 1970-based time has no place for it.
 */
export function toLocalMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): number | TimeError {
  if (month < 1 || month > 12) return outOfRange('month', month, 1, 12)
  if (day < 1 || day > 31) return outOfRange('day', day, 1, 31)
  if (day > daysInMonth(year, month)) return { error: `there is no ${dateText(year, month, day)}` }
  if (hour > 23) return outOfRange('hour', hour, 0, 23)
  if (minute > 59) return outOfRange('minute', minute, 0, 59)
  if (second > 59) return outOfRange('second', second, 0, 59)
  const days = daysSince1970(year, month, day)
  return days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond
}

export function outOfRange(field: string, value: number, min: number, max: number): TimeError {
  return { error: `${field} ${value} is out of range (${min} to ${max})` }
}

/** `30 February 2015` */
export function dateText(year: number, month: number, day: number): string {
  return `${day} ${MONTHS[month - 1]} ${String(year).padStart(4, '0')}`
}

/** The first three digits of a fraction of a second: finer ones are cut. */
export function fractionMs(digits: string): number {
  return Number(digits.slice(0, 3).padEnd(3, '0'))
}

/** `Z`, `UTC`, `+02`, `+0200`, `+02:00` in ms. */
export function offsetMs(text: string): number | TimeError {
  if (!/^[+-]/.test(text)) return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2)) * (text.length > 3 ? 1 : 0)
  if (hours > 23) return outOfRange("the offset's hour", hours, 0, 23)
  if (minutes > 59) return outOfRange("the offset's minute", minutes, 0, 59)
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** The text for a message, in quotes, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
