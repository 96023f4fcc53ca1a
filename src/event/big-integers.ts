/** Only a run of 16 digits or more can be an integer beyond 2^53. */
const LONG_DIGITS = /\d{16}/
const INTEGER = /^-?\d+$/

/** JSON.parse, but for integers beyond 2^53, which come as bigint. */
export function parseBigIntegers(text: string): unknown {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text)
  return JSON.parse(text, reviveBigInteger)
}

/** The third argument of a reviver holds the source text; TypeScript's library does not know it yet. */
function reviveBigInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return INTEGER.test(source) ? BigInt(source) : value
}
