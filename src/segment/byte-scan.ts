const QUOTE = 34
const BACKSLASH = 92
export const DASH = 45

/** Whether the bytes of `literal` stand at `at`. */
export function stands(literal: Uint8Array, text: Uint8Array, at: number): boolean {
  for (let i = 0; i < literal.length; i += 1) if (text[at + i] !== literal[i]) return false
  return true
}

/** The quote that ends a string without escapes; -1 where there are some. */
export function plainEnd(text: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = text[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) return -1
  }
  return -1
}

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
    const digit = (text[at] as number) - 48
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}
