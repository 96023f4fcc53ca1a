import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ranges } from '../../src/client/spool/ranges.ts'
import { eventLine, readStretches, type SpooledEvent } from '../../src/client/spool/record.ts'
import { SpoolWriter } from '../../src/client/spool/spool-writer.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { oddString } from '../support/arbitrary-json.ts'
import { eventLines } from '../support/events.ts'
import { spoolFiles } from './support.ts'

const events: fc.Arbitrary<SpooledEvent[]> = fc
  .tuple(eventLines, fc.array(oddString, { minLength: 1 }), fc.nat())
  .map(([lines, aggregates, at]) =>
    lines.map((text, i) => ({ at: at + i, aggregate: aggregates[i % aggregates.length] as string, text })),
  )

function eventsIn(bytes: Buffer): SpooledEvent[] {
  return [...readStretches(bytes, 0)].flatMap((stretch) => (stretch.kind === 'event' ? [stretch.event] : []))
}

describe('a segment', () => {
  it('gives back any event to the letter', () => {
    fc.assert(
      fc.property(events, (written) => {
        expect(eventsIn(Buffer.concat(written.map(eventLine)))).toEqual(written)
      }),
    )
  })

  it('of which bytes are changed gives back all lines that are whole, and tells the rest from events', () => {
    fc.assert(
      fc.property(
        events.filter(({ length }) => length > 0),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 }),
        (written, changes) => {
          const lines = written.map(eventLine)
          const bytes = Buffer.concat(lines)
          const before = Buffer.from(bytes)
          for (const [at, bits] of changes) bytes[at % bytes.length]! ^= bits
          // the reader is given whole lines
          bytes[bytes.length - 1] = 10
          let from = 0
          const whole: SpooledEvent[] = []
          for (const [i, line] of lines.entries()) {
            const to = from + line.length
            if (bytes.subarray(from, to).equals(before.subarray(from, to)))
              whole.push(written[i] as SpooledEvent)
            from = to
          }
          expect(eventsIn(bytes)).toEqual(whole)
          let end = 0
          for (const stretch of readStretches(bytes, 0)) {
            expect(stretch.from).toBe(end)
            end = stretch.to
          }
          expect(end).toBe(bytes.length)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that was cut anywhere, in the midst of a write, holds the whole lines and those that are appended', async () => {
    await fc.assert(
      fc.asyncProperty(
        events.filter(({ length }) => length > 1),
        fc.nat(),
        fc.constantFrom('', '\0\0\0', '{"crc":"'),
        async (written, cut, rubbish) => {
          using folder = temporaryFolder()
          const lines = written.map(eventLine)
          const first = new SpoolWriter({ folder: folder.path, now: () => 1 })
          await Promise.all(lines.map((line) => first.append(line, null)))
          await first.close()
          const path = join(folder.path, spoolFiles(folder.path)[0] as string)
          const end = cut % Buffer.concat(lines).length
          truncateSync(path, end)
          appendFileSync(path, rubbish)
          const second = new SpoolWriter({ folder: folder.path, now: () => 1 })
          const place = await second.append(lines[0] as Buffer, null)
          await second.close()
          const bytes = readFileSync(path)
          expect(bytes.subarray(place.from, place.to).equals(lines[0] as Buffer)).toBe(true)
          let whole = 0
          for (let to = 0; whole < lines.length && (to += lines[whole]!.length) <= end;) whole += 1
          expect(eventsIn(bytes)).toEqual([...written.slice(0, whole), written[0]])
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is followed by another one when it is full', async () => {
    using folder = temporaryFolder()
    const writer = new SpoolWriter({ folder: folder.path, now: () => 1, segmentBytes: 100 })
    const places = []
    for (const at of [1, 2, 3]) {
      places.push(await writer.append(eventLine({ at, aggregate: 'a', text: '{"a":"0123456789"}' }), null))
    }
    await writer.close()
    const names = places.map(({ segment }) => segment)
    expect(names[0]).toBe(names[1])
    expect(spoolFiles(folder.path).toSorted()).toEqual([names[0], names[2]])
  })
})

it('a folder that holds other files is a spool all the same', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'README.spool'), 'mine')
  const writer = new SpoolWriter({ folder: folder.path, now: () => 1 })
  await writer.append(eventLine({ at: 1, aggregate: 'a', text: '{}' }), null)
  await writer.close()
  expect(spoolFiles(folder.path).length).toBe(2)
})

it('stretches that are joined are those that were added', () => {
  const stretch = fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 8 }))
  fc.assert(
    fc.property(fc.array(stretch), (stretches) => {
      const ranges = new Ranges()
      const expected = new Set<number>()
      for (const [from, length] of stretches) {
        ranges.add(from, from + length)
        for (let at = from; at < from + length; at += 1) expected.add(at)
      }
      for (let at = 0; at < 50; at += 1) {
        let end = at
        while (expected.has(end)) end += 1
        expect(ranges.endOf(at)).toBe(end)
      }
    }),
  )
})
