import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import { blocksBetween } from '../../src/segment/manifest.ts'
import { readBlock } from '../../src/segment/read-block.ts'
import { readSegment, type ReadSegmentOptions } from '../../src/segment/read-segment.ts'
import { all, object, plain, plainEvents, storedEvents, write } from './support.ts'

/** What a reader has to give, by the plainest means. */
function expected(events: readonly StoredEvent[], { after, upTo, types }: ReadSegmentOptions): StoredEvent[] {
  return events.filter(
    (event) =>
      (after === undefined || inLogOrder(event, after) > 0) &&
      (upTo === undefined || event.position <= upTo) &&
      (types === undefined || types.includes(event.type)),
  )
}

/** Events whose texts look like the place where a type stands. */
function deceiving(count: number, typeOf: (n: number) => string): StoredEvent[] {
  const plains = plainEvents(count, (n) => ({
    type: 'wanted',
    created_at: '2016-01-01T00:00:00.000Z',
    text: '","type":"wanted","created_at":"',
    inner: { x: '', type: typeOf(n + 1), created_at: '' },
    filler: 'x'.repeat(n % 700),
  }))
  return plains.map((event, i) => ({
    ...event,
    type: typeOf(i + 1),
    service: i % 3 === 0 ? 's","type":"wanted","created_at":"\\' : 'core',
    metaExtra: i % 2 === 0 ? null : '{"sub":{"a":"]}","type":"wanted","created_at":"x"},"list":["{"]}',
  }))
}

describe('readSegment', () => {
  it('gives exactly the events of the wanted types and the range, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        storedEvents,
        fc.nat(),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (events, from, to, picks) => {
          const pick = (n: number): StoredEvent => events[n % events.length] as StoredEvent
          const { manifest, bytes } = await write(events)
          const options = {
            after: pick(from),
            upTo: pick(to).position,
            types: picks.map((n) => pick(n).type),
          }
          for (const each of [
            options,
            { types: options.types },
            { after: options.after },
            { upTo: options.upTo },
          ]) {
            const read = await all(readSegment(manifest, object(bytes), each))
            expect(read.map(({ id }) => id)).toEqual(expected(events, each).map(({ id }) => id))
          }
        },
      ),
    )
  })

  it('is not deceived by texts that look like a type, be it wanted by many events or by few', async () => {
    for (const every of [2, 50]) {
      const events = deceiving(2000, (n) => (n % every === 0 ? 'wanted' : `other-${n % 7}`))
      const { manifest, bytes } = await write(events)
      const options = { types: ['wanted', 'other-3 that never was'] }
      const read = await all(readSegment(manifest, object(bytes), options))
      expect(read.map(({ id, type }) => ({ id, type }))).toEqual(
        expected(events, options).map(({ id, type }) => ({ id, type })),
      )
    }
  })

  it('asks for nothing where no type is wanted, and for the blocks of the range alone', async () => {
    const events = plainEvents(20_000)
    const { manifest, bytes } = await write(events)
    const { blocks } = manifest
    expect(blocks.length).toBeGreaterThan(10)
    const source = object(bytes)
    expect(await all(readSegment(manifest, source, { types: ['none'] }))).toEqual([])
    expect(source.requests).toEqual([])
    const options = { after: events[10_000] as StoredEvent, upTo: (events[10_010] as StoredEvent).position }
    const [first, last] =
      [blocksBetween(manifest, options.after.position, options.upTo)].map((of) => [of[0], of.at(-1)])[0] ?? []
    expect((await all(readSegment(manifest, source, options))).map(plain)).toEqual(expected(events, options))
    expect(source.requests).toEqual([
      `${first?.offset}+${(last?.offset ?? 0) + (last?.length ?? 0) - (first?.offset ?? 0)}`,
    ])
  })

  it('finds one event in the bytes of one block', async () => {
    const events = plainEvents(20_000)
    const { manifest, bytes } = await write(events)
    for (const event of [events[0], events[9999], events[19_999]] as StoredEvent[]) {
      const candidates = blocksBetween(manifest, event.position, event.position)
      expect(candidates.length).toBeLessThan(3)
      const found = await Promise.all(
        candidates.map((block) =>
          readBlock(manifest, block, bytes.subarray(block.offset, block.offset + block.length)),
        ),
      )
      expect(
        found
          .flat()
          .filter(({ id }) => Buffer.compare(id, event.id) === 0)
          .map(plain),
      ).toEqual([event])
    }
  })
})
