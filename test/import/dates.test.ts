import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { compileDateFormat } from '../../src/import/dates/date-format.ts'
import { parseTime } from '../../src/import/dates/parse-time.ts'
import { openZone } from '../../src/import/dates/zone.ts'
import { DemetraError } from '../../src/errors.ts'

const utc = (text: string) => Date.parse(text)
const amsterdam = openZone('Europe/Amsterdam')

function errorOf(result: number | { error: string }): string {
  if (typeof result === 'number') throw new Error(`was read as ${new Date(result).toISOString()}`)
  return result.error
}

function usageError(run: () => unknown): DemetraError {
  try {
    run()
  } catch (error) {
    if (error instanceof DemetraError && error.exitCode === 2) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('parseTime', () => {
  test.each([
    ['2016-01-01T12:00:00.000Z', '2016-01-01T12:00:00.000Z'],
    ['2016-01-01 12:00:00z', '2016-01-01T12:00:00.000Z'],
    ['2016-01-01t12:00:00.1239999+02:00', '2016-01-01T10:00:00.123Z'],
    ['1969-12-31T23:59:59.999-00:30', '1970-01-01T00:29:59.999Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9Z', '9999-12-31T23:59:59.900Z'],
    ['2014-10-22 11:15:41+02', '2014-10-22T09:15:41.000Z'],
    ['2014-10-22T11:15+0200', '2014-10-22T09:15:00.000Z'],
    ['2014-10-22 11:15:41 UTC', '2014-10-22T11:15:41.000Z'],
    ['2014/10/22 11:15:41,5 -0330', '2014-10-22T14:45:41.500Z'],
    ['1413969341', '2014-10-22T09:15:41.000Z'],
    ['1413969341.25', '2014-10-22T09:15:41.250Z'],
    ['1413969341250', '2014-10-22T09:15:41.250Z'],
  ])('%s needs no zone', (text, expected) => {
    expect(parseTime(text, null)).toBe(utc(expected))
    expect(parseTime(text, amsterdam)).toBe(utc(expected))
  })

  test.each([
    ['2014-10-22T11:15:41', '2014-10-22T09:15:41.000Z'],
    ['2014/10/22 11:15:41.000', '2014-10-22T09:15:41.000Z'],
    ['2014/01/22 11:15', '2014-01-22T10:15:00.000Z'],
    ['2014-10-22', '2014-10-21T22:00:00.000Z'],
  ])('%s is read in the zone, and an error that names --timezone without one', (text, expected) => {
    expect(parseTime(text, amsterdam)).toBe(utc(expected))
    expect(errorOf(parseTime(text, null))).toContain('--timezone')
  })

  test.each([
    ['2015-02-30T00:00:00Z', 'there is no 30 February 2015'],
    ['2015-02-29', 'there is no 29 February 2015'],
    ['2015-13-01T00:00:00Z', 'month 13 is out of range (1 to 12)'],
    ['2015-00-01', 'month 0'],
    ['2015-01-32', 'day 32'],
    ['2015-01-01T24:00:00Z', 'hour 24 is out of range (0 to 23)'],
    ['2015-01-01T00:60:00Z', 'minute 60'],
    ['2016-12-31T23:59:60Z', 'second 60'],
    ['2015-01-01T00:00:00+24:00', "the offset's hour 24"],
    ['2015-01-01T00:00:00+01:60', "the offset's minute 60"],
    ['22/10/2014 11:15', '--date-format'],
    ['2014-10/22', '--date-format'],
    ['14139693411', '--date-format'],
    ['2014-10-22T11:15:41.Z', '--date-format'],
    [' 2014-10-22', '--date-format'],
    ['', '--date-format'],
    ['x'.repeat(100), `"${'x'.repeat(60)}…"`],
  ])('%s is an error that says what is wrong', (text, reason) => {
    expect(errorOf(parseTime(text, amsterdam))).toContain(reason)
  })

  test('reads every instant and offset as Temporal does', () => {
    const offset = fc.tuple(
      fc.constantFrom('+', '-'),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
    )
    fc.assert(
      fc.property(localTime, offset, fc.nat(999_999_999), (local, [sign, hours, minutes], ns) => {
        const zone = `${sign}${pad(hours)}:${pad(minutes)}`
        const text = `${local.slice(0, 19)}.${String(ns).padStart(9, '0')}${zone}`
        const expected = Temporal.PlainDateTime.from(local.slice(0, 19)).toZonedDateTime(zone)
        expect(parseTime(text, null)).toBe(expected.epochMilliseconds + Math.floor(ns / 1e6))
      }),
    )
  })
})

describe('zones', () => {
  test('changes of the clocks: a skipped time moves on, of a doubled one the first is taken', () => {
    expect(parseTime('2016-03-27 02:30:00', amsterdam)).toBe(utc('2016-03-27T01:30:00Z'))
    expect(parseTime('2016-03-27 01:59:59', amsterdam)).toBe(utc('2016-03-27T00:59:59Z'))
    expect(parseTime('2016-03-27 03:00:00', amsterdam)).toBe(utc('2016-03-27T01:00:00Z'))
    expect(parseTime('2016-10-30 02:30:00', amsterdam)).toBe(utc('2016-10-30T00:30:00Z'))
    expect(parseTime('2016-10-30 03:00:00', amsterdam)).toBe(utc('2016-10-30T02:00:00Z'))
  })

  test('a whole day that was skipped: Samoa, 30 December 2011', () => {
    const apia = openZone('Pacific/Apia')
    expect(parseTime('2011-12-29 23:59:59', apia)).toBe(utc('2011-12-30T09:59:59Z'))
    expect(parseTime('2011-12-30 12:00:00', apia)).toBe(utc('2011-12-30T22:00:00Z'))
    expect(parseTime('2011-12-31 00:00:00', apia)).toBe(utc('2011-12-30T10:00:00Z'))
  })

  test.each(['UTC', 'z', '+00:00', '-0000'])('%s is a fixed offset of nothing', (name) => {
    expect(openZone(name).toInstant(5)).toBe(5)
  })

  test.each(['+05:30', '+0530'])('%s is a fixed offset', (name) => {
    expect(openZone(name).toInstant(0)).toBe(-19_800_000)
  })

  test('an unknown zone is a usage error with names that look like it', () => {
    const error = usageError(() => openZone('Amsterdam/Europe'))
    expect(error.message).toContain('"Amsterdam/Europe"')
    expect(usageError(() => openZone('Amsterdam')).hints[0]).toContain('Europe/Amsterdam')
    expect(usageError(() => openZone('+25:00')).code).toBe('DEMETRA_TIMEZONE_UNKNOWN')
    expect(usageError(() => openZone('')).hints).not.toEqual([])
  })

  test('every local time is the instant that Temporal says, gaps and overlaps included', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), nearChange, (name, local) => {
        const expected = Temporal.PlainDateTime.from(local).toZonedDateTime(name, {
          disambiguation: 'compatible',
        })
        expect(parseTime(local, openZone(name))).toBe(expected.epochMilliseconds)
      }),
      { numRuns: 1500 },
    )
  })
})

describe('compileDateFormat', () => {
  test.each([
    ['yyyy/MM/dd HH:mm:ss.SSS', '2014/10/22 11:15:41.007', '2014-10-22T11:15:41.007Z'],
    ['yyyy/MM/dd HH:mm:ss.SSS', '2014/10/22 11:15:41.1234567', '2014-10-22T11:15:41.123Z'],
    ['yyyy/MM/dd HH:mm:ss.SSS', '2014/10/22 11:15:41.5', '2014-10-22T11:15:41.500Z'],
    ['yyyyMMddHHmmssSSSX', '20141022111541123Z', '2014-10-22T11:15:41.123Z'],
    ['yyyyMMddSSSHHmmss', '20141022123111541', '2014-10-22T11:15:41.123Z'],
    ['d.M.yy H:m:s', '2.1.69 3:4:5', '2069-01-02T03:04:05.000Z'],
    ['dd-MM-yy', '02-01-70', '1970-01-02T00:00:00.000Z'],
    ['MM/dd/yyyy hh:mm a', '10/22/2014 12:15 AM', '2014-10-22T00:15:00.000Z'],
    ['MM/dd/yyyy hh:mm a', '10/22/2014 12:15 pm', '2014-10-22T12:15:00.000Z'],
    ['MM/dd/yyyy h:mma', '10/22/2014 1:15PM', '2014-10-22T13:15:00.000Z'],
    ['EEE, dd MMM yyyy HH:mm:ss Z', 'Wed, 22 Oct 2014 11:15:41 +0200', '2014-10-22T09:15:41.000Z'],
    ['EEEE d MMMM yyyy', 'wednesday 22 OCTOBER 2014', '2014-10-22T00:00:00.000Z'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2014-10-22T11:15:41-03:30', '2014-10-22T14:45:41.000Z'],
    ["yyyy-MM-dd 'at' HH 'o''clock'", "2014-10-22 at 11 o'clock", '2014-10-22T11:00:00.000Z'],
    ["yyyy''MM''dd", "2014'10'22", '2014-10-22T00:00:00.000Z'],
    ['yyyy年MM月dd日', '2014年10月22日', '2014-10-22T00:00:00.000Z'],
    ['yyyy-MM-dd HH:mm X', '1850-10-22 11:15 +02', '1850-10-22T09:15:00.000Z'],
  ])('%s reads %s', (format, text, expected) => {
    expect(compileDateFormat(format, 'UTC')(text)).toBe(utc(expected))
  })

  test('an offset in the text wins over the zone', () => {
    expect(compileDateFormat('yyyy-MM-dd HH:mmX', 'Asia/Tokyo')('2014-10-22 11:15Z')).toBe(
      utc('2014-10-22T11:15Z'),
    )
    expect(compileDateFormat('yyyy-MM-dd HH:mmX')('2014-10-22 11:15+01')).toBe(utc('2014-10-22T10:15Z'))
  })

  test.each([
    ['2014/02/30 11:00', 'there is no 30 February 2014'],
    ['2014/10/22 25:00', 'hour 25 is out of range (0 to 23)'],
    ['2014/1/22 11:00', 'expected 2 digits of the month at character 6'],
    ['2014/10/22', 'expected " " at character 11'],
    ['2014/10/22 11:00 ', 'expected the end at character 17, got " "'],
    ['2014-10-22 11:00', 'expected "/" at character 5'],
    ['', 'expected 4 digits of the year at character 1'],
  ])('%s does not fit and the error says where', (text, reason) => {
    expect(errorOf(compileDateFormat('yyyy/MM/dd HH:mm', 'UTC')(text))).toContain(reason)
  })

  test('a weekday that is not the one of the date is an error', () => {
    const parse = compileDateFormat('EEE dd MMM yyyy', 'UTC')
    expect(errorOf(parse('Mon 22 Oct 2014'))).toContain('22 October 2014 is a Wednesday, not a Monday')
    expect(parse('Mon 22 Dec 1969')).toBe(utc('1969-12-22'))
  })

  test.each([
    ['YYYY-MM-dd', 'YYYY', 'Write yyyy for YYYY'],
    ['yyyy-MM-ddTHH:mm', 'T', "Write 'T' for T"],
    ['yyyy-MM-dd q', 'q', "put it in quotes: 'q'"],
    ['yyyy-MM-dd SSSSSSSSSS', 'SSSSSSSSSS', 'quotes'],
    ['yyyy-MM', 'has no day', 'yyyy-MM-dd'],
    ['yyyy-MM-dd hh:mm', 'h and a', 'go together'],
    ['yyyy-MM-dd HH a', 'h and a', 'go together'],
    ['yyyy-MM-dd M', 'month twice', 'out'],
    ["yyyy-MM-dd 'x", 'not closed', "''"],
  ])('the format %s is a usage error', (format, what, hint) => {
    const error = usageError(() => compileDateFormat(format, 'UTC'))
    expect(error.message).toContain(what)
    expect(error.hints.join()).toContain(hint)
  })

  test('an unknown token lists the known ones', () => {
    const { message } = usageError(() => compileDateFormat('yyyy-MM-dd QQ', 'UTC'))
    for (const token of 'yyyy yy MMMM MMM MM M dd d HH H hh h mm m ss s S a EEEE EEE XXX XX X Z'.split(' ')) {
      expect(message).toContain(` ${token} `)
    }
  })

  test('local times without a zone are a usage error', () => {
    expect(usageError(() => compileDateFormat('yyyy-MM-dd')).code).toBe('DEMETRA_TIMEZONE_MISSING')
    expect(usageError(() => compileDateFormat('yyyy-MM-dd', null)).hints[0]).toContain('--timezone')
  })

  test('agrees with Temporal on any local time', () => {
    const parse = new Map(ZONES.map((zone) => [zone, compileDateFormat('dd.MM.yyyy HH:mm:ss', zone)]))
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), localTime, (zone, local) => {
        const [, y, mo, d, time] = /^(\d{4})-(\d\d)-(\d\d)T(.{8})/.exec(local) as unknown as string[]
        const expected = Temporal.PlainDateTime.from(`${y}-${mo}-${d}T${time}`).toZonedDateTime(zone)
        expect(parse.get(zone)?.(`${d}.${mo}.${y} ${time}`)).toBe(expected.epochMilliseconds)
      }),
    )
  })
})

const ZONES = [
  'Europe/Amsterdam',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Asia/Tehran',
  'Africa/Monrovia',
]

/** `2014-10-22T11:15:41.000`, of the years 0000 to 9999. */
const localTime = fc
  .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 23))

/** Mostly in hours around a day on which clocks are changed somewhere. */
const nearChange = fc.oneof(
  localTime,
  fc
    .tuple(
      fc.constantFrom(
        '2016-03-27',
        '2016-10-30',
        '2016-03-13',
        '2016-11-06',
        '2016-04-03',
        '2016-10-02',
        '2011-12-30',
        '2018-11-04',
        '1986-01-01',
        '2016-06-05',
        '2016-07-10',
        '2016-03-21',
        '1937-07-01',
        '1972-01-07',
      ),
      fc.integer({ min: -36 * 3600, max: 48 * 3600 }),
    )
    .map(([day, seconds]) => new Date(Date.parse(day) + seconds * 1000).toISOString().slice(0, 23)),
)

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
