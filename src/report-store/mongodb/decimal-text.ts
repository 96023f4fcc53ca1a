const WITH_EXPONENT = /^(-?)(\d+)(?:\.(\d+))?E([+-]\d+)$/u

/** A Decimal128's text without an exponent, which it has for very large and very small numbers. */
export function plainDecimal(text: string): string {
  const match = WITH_EXPONENT.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent] = match
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits.padEnd(point, '0')
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
