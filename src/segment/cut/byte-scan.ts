export const QUOTE = 34
export const BACKSLASH = 92
export const COMMA = 44
/** And the sign of a number. */
export const DASH = 45
export const POINT = 46
export const ZERO = 48
export const COLON = 58
export const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
export const OPEN_BRACE = 123
export const CLOSE_BRACE = 125

/** The quote that ends the JSON string whose content begins at `from`; -1 where none does. */
export function stringEnd(text: Uint8Array, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const byte = text[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at += 1
  }
  return -1
}

/** Whether dashes stand as in a UUID. Its digits are not looked at: what is proved to be here none but Demetra wrote. */
export function isUuid(text: Uint8Array, from: number): boolean {
  return (
    text[from + 8] === DASH &&
    text[from + 13] === DASH &&
    text[from + 18] === DASH &&
    text[from + 23] === DASH
  )
}

/** NaN of anything but digits. */
export function digits(text: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = (text[at] as number) - ZERO
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}

/** Behind the array or object that begins at `from`; -1: it does not end before `end`. */
export function nestedEnd(text: Uint8Array, from: number, end: number): number {
  let depth = 0
  for (let at = from; at < end; at += 1) {
    const byte = text[at]
    if (byte === QUOTE) {
      at = stringEnd(text, at + 1)
      if (at === -1) return -1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}
