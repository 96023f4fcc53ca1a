import { describe, expect, it } from 'vitest'
import {
  backfillPosition,
  lastPositionAt,
  parsePosition,
  positionAt,
  positionTimeMs,
} from '../../src/event/position.ts'
import { formatUuid, parseUuid, uuidV5 } from '../../src/event/uuid.ts'

describe('a UUID', () => {
  it('is read in any case and printed in lower case', () => {
    const bytes = parseUuid('20EC0521-d127-4038-92ED-a4196c33705b') as Uint8Array
    expect(formatUuid(bytes)).toBe('20ec0521-d127-4038-92ed-a4196c33705b')
  })

  it.each([
    '',
    '20ec0521-d127-4038-92ed-a4196c33705',
    '20ec0521-d127-4038-92ed-a4196c33705g',
    '20ec0521xd127-4038-92ed-a4196c33705b',
  ])('is not %j', (text) => {
    expect(parseUuid(text)).toBeNull()
  })

  it('of version 5 is the one of RFC 9562, appendix A.4', () => {
    const dns = parseUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8') as Uint8Array
    expect(formatUuid(uuidV5(dns, 'www.example.com'))).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })
})

describe('a position', () => {
  it('keeps the order of time, and within a millisecond that of the source', () => {
    const ms = Date.UTC(2016, 0, 1) + 7
    expect(backfillPosition(ms, 1)).toBe(positionAt(ms) + 1n)
    expect(backfillPosition(ms, 2)).toBeGreaterThan(backfillPosition(ms, 1))
    expect(backfillPosition(ms, 2 ** 21 - 1)).toBe(lastPositionAt(ms))
    expect(backfillPosition(ms, 2 ** 21)).toBe(backfillPosition(ms, 1))
    expect(lastPositionAt(ms)).toBeLessThan(positionAt(ms + 1))
    expect(lastPositionAt(999)).toBeLessThan(positionAt(1000))
    expect(positionTimeMs(backfillPosition(ms, 5))).toBe(ms)
  })

  it('stands in second 0 before 1970', () => {
    expect(backfillPosition(-1, 3)).toBe(3n)
  })

  it('is a decimal string below 2^63', () => {
    expect(parsePosition('9223372036854775807')).toBe(2n ** 63n - 1n)
    expect(parsePosition('9223372036854775808')).toBeNull()
    expect(parsePosition('-1')).toBeNull()
  })
})
