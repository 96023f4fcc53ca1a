const INTEGER = /^-?\d+$/
/** A shorter run of digits is no integer beyond 2^53. */
const LONG = 16

/** JSON.parse, but for integers beyond 2^53, which come as bigint. */
export function parseBigIntegers(text: string): unknown {
  return hasLongDigits(text) ? JSON.parse(text, reviveBigInteger) : JSON.parse(text)
}

/** Whether LONG digits follow one another: where they do, one of them is at a multiple of LONG. */
function hasLongDigits(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text, at)) continue
    let first = at
    while (isDigit(text, first - 1)) first -= 1
    let end = at + 1
    while (end - first < LONG && isDigit(text, end)) end += 1
    if (end - first >= LONG) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** The third argument of a reviver holds the source text; TypeScript's library does not know it yet. */
function reviveBigInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return INTEGER.test(source) ? BigInt(source) : value
}
