import { fractionMs, MONTHS, offsetMs, WEEKDAYS } from './fields.ts'

/** A text on its way through the steps of a format. */
export interface Reading {
  readonly text: string
  /** The next character to be read. */
  at: number
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
  /** 0 for am, 12 for pm, -1 on a 24-hour clock. */
  half: number
  /** 0 for Sunday, -1 where none was read. */
  weekday: number
  /** NaN where none was read. */
  offsetMs: number
}

/** Reads one token at `reading.at`. Returns what it expected where it does not fit, else null. */
export type Step = (reading: Reading) => string | null

export function newReading(text: string): Reading {
  return {
    text,
    at: 0,
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
    half: -1,
    weekday: -1,
    offsetMs: Number.NaN,
  }
}

export type NumberField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

/** `least` to `most` digits. */
export function numberStep(field: NumberField, least: number, most: number): Step {
  const expected = `${least === most ? least : `${least} or ${most}`} digits of the ${field}`
  return (reading) => {
    const value = readDigits(reading, least, most)
    if (value === -1) return expected
    reading[field] = value
    return null
  }
}

/** Two digits: 70 to 99 are of the 20th century, 00 to 69 of the 21st. */
export const shortYearStep: Step = (reading) => {
  const value = readDigits(reading, 2, 2)
  if (value === -1) return '2 digits of the year'
  reading.year = value + (value < 70 ? 2000 : 1900)
  return null
}

/** 1 to 12, beside an `a`. */
export function clockHourStep(least: number): Step {
  return (reading) => {
    const { at } = reading
    const value = readDigits(reading, least, 2)
    if (value >= 1 && value <= 12) {
      reading.hour = value
      return null
    }
    reading.at = at
    return 'an hour from 1 to 12'
  }
}

/** Digits of a fraction: exactly `exact`, or 1 to 9 where the next token cannot be taken for a digit. */
export function fractionStep(exact: number | null): Step {
  const most = exact ?? 9
  const expected = `${exact ?? '1 to 9'} digits of a fraction`
  return (reading) => {
    const { text, at } = reading
    let to = at
    while (to < at + most && isDigit(text.charCodeAt(to))) to++
    if (to === at || (exact !== null && to < at + exact)) return expected
    reading.millisecond = fractionMs(text.slice(at, to))
    reading.at = to
    return null
  }
}

/** The name of a month, or its first three letters. */
export function monthNameStep(short: boolean): Step {
  return nameStep(MONTHS, short, 'the name of a month', (reading, index) => (reading.month = index + 1))
}

/** The name of a weekday, or its first three letters. */
export function weekdayStep(short: boolean): Step {
  return nameStep(WEEKDAYS, short, 'the name of a weekday', (reading, index) => (reading.weekday = index))
}

export const halfDayStep: Step = (reading) => {
  const half = reading.text.slice(reading.at, reading.at + 2).toLowerCase()
  if (half !== 'am' && half !== 'pm') return 'AM or PM'
  reading.half = half === 'am' ? 0 : 12
  reading.at += 2
  return null
}

const OFFSET = /Z|[+-]\d{2}(?::?\d{2})?/iy

/** `Z`, `+02`, `+0200` and `+02:00`, whichever of the offset tokens the format has. */
export const offsetStep: Step = (reading) => {
  OFFSET.lastIndex = reading.at
  const [found] = OFFSET.exec(reading.text) ?? []
  const ms = found === undefined ? null : offsetMs(found)
  if (found === undefined || typeof ms !== 'number') return 'an offset such as +02:00 or Z'
  reading.offsetMs = ms
  reading.at += found.length
  return null
}

export function literalStep(literal: string): Step {
  return (reading) => {
    if (!reading.text.startsWith(literal, reading.at)) return JSON.stringify(literal)
    reading.at += literal.length
    return null
  }
}

function nameStep(
  names: readonly string[],
  short: boolean,
  expected: string,
  take: (reading: Reading, index: number) => void,
): Step {
  const known = names.map((name) => (short ? name.slice(0, 3) : name).toLowerCase())
  return (reading) => {
    for (let index = 0; index < known.length; index++) {
      const name = known[index] as string
      if (reading.text.slice(reading.at, reading.at + name.length).toLowerCase() !== name) continue
      take(reading, index)
      reading.at += name.length
      return null
    }
    return expected
  }
}

/** The number, or -1 where there are fewer digits than `least`; then nothing is read. */
function readDigits(reading: Reading, least: number, most: number): number {
  const { text, at } = reading
  let value = 0
  let to = at
  while (to < at + most) {
    const code = text.charCodeAt(to)
    if (!isDigit(code)) break
    value = value * 10 + code - 48
    to++
  }
  if (to - at < least) return -1
  reading.at = to
  return value
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
