/** A time as the envelope takes it: RFC 3339 with an offset. Milliseconds since 1970; null where it is none. */
export function parseRfc3339(text: string): number | null {
  const length = text.length
  if (length < 20) return null
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if ((year | month | day | hour | minute | second) < 0) return null
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return null
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null
  // "T" or "t"; RFC 3339, section 5.6 lets applications take a blank for it
  const separator = text.charCodeAt(10)
  if (separator !== 84 && separator !== 116 && separator !== 32) return null
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59) return null

  let at = 19
  let millisecond = 0
  if (text.charCodeAt(at) === 46) {
    at += 1
    const start = at
    while (isDigit(text.charCodeAt(at))) at += 1
    if (at === start) return null
    // finer digits are cut
    for (let i = 0; i < 3; i += 1)
      millisecond = millisecond * 10 + (start + i < at ? text.charCodeAt(start + i) - 48 : 0)
  }
  const offsetMinutes = parseOffset(text, at)
  if (offsetMinutes === null) return null
  const days = daysSince1970(year, month, day)
  return (days * 1440 + hour * 60 + minute - offsetMinutes) * 60_000 + second * 1000 + millisecond
}

/** `Z`, `z` or `±hh:mm` that ends the text, in minutes. */
function parseOffset(text: string, at: number): number | null {
  const sign = text.charCodeAt(at)
  if (sign === 90 || sign === 122) return text.length === at + 1 ? 0 : null
  if ((sign !== 43 && sign !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return null
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (hours < 0 || minutes < 0 || hours > 23 || minutes > 59) return null
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes)
}

/** The number that `count` digits say; -1 where there are none. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i += 1) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) return -1
    value = value * 10 + code - 48
  }
  return value
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function daysInMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29
  return MONTH_DAYS[month - 1] as number
}

/** Days of the proleptic Gregorian calendar; Howard Hinnant's days_from_civil. */
export function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return (
    era * 146097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719468
  )
}

/** UTC with milliseconds, the form of every time that Demetra writes. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
