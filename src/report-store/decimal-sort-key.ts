/** The order of such texts, unit by unit, is the order of the numbers that they stand for. */
const DECIMAL = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/u

/**
 * A text that sorts as the decimal number does: sign, number of digits before the point, the digits. For
 * negative numbers every digit is turned round and the end sorts last. `1.50` and `1.5` are equal.
 */
export function decimalSortKey(text: string): string {
  const [, sign = '', whole = '0', fraction = ''] = DECIMAL.exec(text) ?? []
  const zero = whole === '0' && fraction === ''
  const size = String(whole.length).padStart(6, '0')
  const digits = `${size}${whole}.${fraction}`
  if (sign === '' || zero) return `0${digits}`
  return `-${digits.replace(/\d/gu, (digit) => String(9 - Number(digit)))}~`
}
