import * as z from 'zod'

/** `-12.50`: no exponent, no sign but `-`, no needless zero in front. */
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/u

/**
 * A column of exact decimal numbers, as text: at most `scale` digits after the point. Its zod schema is a
 * string; databases that have an exact type use it.
 */
export function decimal(scale: number): z.ZodString {
  if (!Number.isInteger(scale) || scale < 0 || scale > 30) {
    throw new RangeError(`decimal(scale) takes a whole number from 0 to 30, got ${String(scale)}`)
  }
  const fraction = scale === 0 ? '' : `(\\.\\d{1,${scale}})?`
  const digits = scale === 1 ? '1 digit' : `${scale} digits`
  return z
    .string()
    .regex(new RegExp(`^-?(0|[1-9]\\d*)${fraction}$`, 'u'), {
      error: `expected a decimal number with at most ${digits} after the point, as text`,
    })
    .meta({ column: 'decimal', scale })
}

/** The exact sum of decimal numbers, with as many digits after the point as the longest has. `add('0.1', '0.25')` is `'0.35'`. */
export function add(...numbers: readonly string[]): string {
  const parts = numbers.map(parse)
  const scale = Math.max(0, ...parts.map((part) => part.scale))
  let sum = 0n
  for (const part of parts) sum += part.units * 10n ** BigInt(scale - part.scale)
  return format(sum, scale)
}

/** `negate('3.00')` is `'-3.00'`. */
export function negate(number: string): string {
  const { units, scale } = parse(number)
  return format(-units, scale)
}

function parse(text: string): { units: bigint; scale: number } {
  const match = DECIMAL.exec(text)
  if (match === null) throw new TypeError(`expected a decimal number as text, got ${JSON.stringify(text)}`)
  const [, sign = '', whole = '', fraction = ''] = match
  const units = BigInt(whole + fraction)
  return { units: sign === '-' ? -units : units, scale: fraction.length }
}

function format(units: bigint, scale: number): string {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
