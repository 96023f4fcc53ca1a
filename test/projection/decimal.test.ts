import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, day, decimal, negate } from '../../src/index.ts'
import { decimalSortKey } from '../../src/report-store/decimal-sort-key.ts'

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^\\d{${min},${max}}$`, 'u'))
const numbers = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }), digits(0, 12))
  .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`)
/** In units of 10^-12. */
const units = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const value = BigInt(whole + fraction.padEnd(12, '0'))
  return text.startsWith('-') ? -value : value
}

describe('exact decimals', () => {
  test('add is exact, and keeps the longest scale', () => {
    expect(add('0.1', '0.2')).toBe('0.3')
    expect(add('9.99', '0.010')).toBe('10.000')
    expect(add('-0.5', '0.5')).toBe('0.0')
    expect(add()).toBe('0')
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        expect(units(add(a, b, c))).toBe(units(a) + units(b) + units(c))
        expect(add(a, b)).toBe(add(b, a))
        expect(decimal(12).safeParse(add(a, b)).success).toBe(true)
      }),
    )
  })

  test('negate turns the sign, and never makes -0', () => {
    expect(negate('3.00')).toBe('-3.00')
    expect(negate('0.00')).toBe('0.00')
    fc.assert(
      fc.property(numbers, (a) => {
        expect(units(negate(a))).toBe(-units(a))
        expect(units(add(a, negate(a)))).toBe(0n)
        expect(negate(a)).not.toMatch(/^-0(\.0+)?$/u)
      }),
    )
  })

  test('what is no decimal number is refused', () => {
    for (const none of ['', '1e3', '.5', '5.', '+1', ' 1', '1,5', '01', 'NaN', '0x1']) {
      expect(() => add(none)).toThrow(/expected a decimal number/u)
      expect(decimal(4).safeParse(none).success).toBe(false)
    }
    expect(decimal(2).safeParse('1.23').success).toBe(true)
    expect(decimal(2).safeParse('1.234').error?.issues[0]?.message).toMatch(
      /at most 2 digits after the point/u,
    )
    expect(decimal(0).safeParse('1.0').success).toBe(false)
    expect(() => decimal(-1)).toThrow(/from 0 to 30/u)
  })

  test('sort keys sort as the numbers do', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [decimalSortKey(a), decimalSortKey(b)]
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(units(a) < units(b) ? -1 : units(a) > units(b) ? 1 : 0)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('day', () => {
  test('is the calendar day in the zone', () => {
    const midnight = new Date('2015-12-31T23:30:00Z')
    expect(day(midnight, 'UTC')).toBe('2015-12-31')
    expect(day(midnight, 'Europe/Amsterdam')).toBe('2016-01-01')
    expect(day(midnight, 'America/New_York')).toBe('2015-12-31')
    expect(day(new Date('0099-06-01T12:00:00Z'), 'Europe/Amsterdam')).toBe('0099-06-01')
    expect(day(new Date('1500-03-05T12:00:00Z'), 'Europe/Amsterdam')).toBe('1500-03-05')
  })

  test('in UTC is what the date says', () => {
    const dates = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        expect(day(date, 'UTC')).toBe(date.toISOString().slice(0, 10))
        expect(day(date, 'Etc/UTC')).toBe(day(date, 'UTC'))
      }),
    )
  })

  test('refuses what is no date or zone', () => {
    expect(() => day(new Date(Number.NaN), 'UTC')).toThrow(RangeError)
    expect(() => day(new Date(0), 'Europe/Nowhere')).toThrow(RangeError)
  })
})
