import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBigIntegers } from '../../src/event/big-integers.ts'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import { readEventLine } from '../../src/segment/read-event-line.ts'
import { cutLines } from '../../src/segment/cut/cut-lines.ts'
import type { VisitLine } from '../../src/segment/lines.ts'
import * as table from '../../src/segment/line-table.ts'
import { tableEvents } from '../../src/segment/table-events.ts'
import { plain, storedEvents } from './support.ts'

/** The event of a line that stands between others; null: it is left to the general way. */
function ofBytes(line: string): StoredEvent | null {
  const text = Buffer.from(`first\n${line}\nlast\n`)
  const wanted = { eachLine: (_: Buffer, visit: VisitLine) => visit(6, text.length - 6) }
  const lines = cutLines(text, { wanted, hasValues: false })
  if (lines.places[table.ID_START] === table.NOT_PLAIN) return null
  return tableEvents(lines, 0, 1).events[0] ?? null
}

const LAST = 2n ** 63n - 1n
const position = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST }),
  fc.constantFrom(0n, 999_999_999n, 10n ** 9n, LAST),
)
const time = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2100, 0, 1) })
const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('core', 'payment/1000000', 'Zürich 😀', '"},"payload":{', 'a,b:{}'),
  },
  { weight: 1, arbitrary: fc.string({ minLength: 1, unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.constantFrom('a"b', '\\', '\n') },
)
const envelope = fc.record({
  position,
  createdAt: time,
  receivedAt: time,
  service: name,
  type: name,
  aggregateId: name,
  correlationId: fc.option(name),
})
const lines = fc
  .tuple(storedEvents, envelope, fc.boolean())
  .map(([[event], changed, isBare]) =>
    formatEventLine({ ...(event as StoredEvent), ...changed, ...(isBare ? { metaExtra: null } : {}) }, true),
  )

describe('a line of a segment, read from its bytes', () => {
  it('is the event that the general way reads, whatever it holds', () => {
    let read = 0
    fc.assert(
      fc.property(lines, (line) => {
        const general = readEventLine(line)
        if (general === null) throw new Error('every line that Demetra writes is read')
        expect(formatEventLine(general, true)).toBe(line)
        const event = ofBytes(line)
        if (event === null) return
        read += 1
        expect(plain(event)).toEqual(plain(general))
        expect(formatEventLine(event, true)).toBe(line)
      }),
      { numRuns: 300 },
    )
    expect(read).toBeGreaterThan(30)
  })

  it('is left to the general way wherever it is cut off or changed into another form', () => {
    const [line = ''] = fc.sample(
      lines.filter((each) => ofBytes(each) !== null),
      { numRuns: 1, seed: 1 },
    )
    const payloadAt = line.indexOf('"payload"')
    for (let length = 0; length < payloadAt; length += 1) expect(ofBytes(line.slice(0, length))).toBeNull()
    expect(ofBytes(line.replace('"meta":', '"Meta":'))).toBeNull()
    expect(ofBytes(line.replace(/"position":"\d+"/, `"position":"${LAST + 1n}"`))).toBeNull()
    expect(ofBytes(line.replace(/"position":"\d+"/, '"position":""'))).toBeNull()
    expect(ofBytes(line.replace(/("created_at":")\d{4}-\d\d/, '$12016-13'))).toBeNull()
    expect(ofBytes(line.replace(/("created_at":".{11})\d\d/, '$124'))).toBeNull()
  })
})

describe('JSON with long integers', () => {
  it('gives them whole, wherever they stand', () => {
    const reviver = (_: string, value: unknown, context?: { source?: string }): unknown =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
        ? BigInt(context?.source ?? '')
        : value
    const number = fc
      .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 1n, max: 10n ** 24n }))
      .map(([sign, digits]) => sign + String(digits))
    fc.assert(
      fc.property(fc.string(), fc.array(number), fc.string(), (before, numbers, after) => {
        const text = `{"${'x'.repeat(before.length)}":[${numbers.join(',')}],"b":${JSON.stringify(after)}}`
        expect(parseBigIntegers(text)).toEqual(JSON.parse(text, reviver))
      }),
      { numRuns: 1000 },
    )
  })
})
