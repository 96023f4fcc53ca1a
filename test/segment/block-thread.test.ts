import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import { BlockThread } from '../../src/segment/block-thread.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { all, object, plainEvents, write } from './support.ts'

const EVENTS = 24_000
/** Some that are plain ASCII, some with letters beyond it, some in the form that the general way reads. */
const events = plainEvents(EVENTS, (n) => ({ n, text: n % 3000 < 20 ? 'Zürich' : 'x'.repeat(n % 90) })).map(
  (event, i) => ({
    ...event,
    metaExtra: i % 100 === 0 ? '{"sub":{"a":"]}"}}' : null,
    aggregateId: i % 70 === 0 ? 'a"b' : event.aggregateId,
    type: i % 8 === 0 ? 'other' : event.type,
  }),
)
const { manifest, bytes } = await write(events)

const line = (event: StoredEvent): string => formatEventLine(event, true)

describe('a segment read with a thread', () => {
  it('gives the same events as one read without', async () => {
    const thread = new BlockThread()
    expect(await thread.start()).toBe(true)
    expect(thread.isReady).toBe(true)
    for (const options of [{}, { types: ['odd', 'even'] }, { upTo: events[20_500]?.position as bigint }]) {
      const [beside, alone] = [
        await all(readSegment(manifest, object(bytes), options, thread)),
        await all(readSegment(manifest, object(bytes), options)),
      ]
      expect(beside.map(line)).toEqual(alone.map(line))
      expect(beside.length).toBeGreaterThan(20_000)
    }
  })

  it('begins before the thread is ready, and goes on where it ended', async () => {
    const thread = new BlockThread(0)
    for (let round = 0; round < 3; round += 1) {
      const read = await all(readSegment(manifest, object(bytes), {}, thread))
      expect(read).toHaveLength(EVENTS)
    }
  })

  it('tells damage in the same words', async () => {
    const thread = new BlockThread()
    await thread.start()
    const block = manifest.blocks[4]
    const changed = Buffer.from(bytes)
    changed[(block?.offset ?? 0) + 500]! ^= 1
    const told = async (of: BlockThread | null): Promise<unknown> =>
      all(readSegment(manifest, object(changed), {}, of)).catch((error: unknown) => error)
    const [beside, alone] = [await told(thread), await told(null)]
    expect(beside).toMatchObject({ code: 'DEMETRA_SEGMENT_DAMAGED', context: { block: 5 } })
    expect(String(beside)).toBe(String(alone))
  })

  it('keeps no process alive', () => {
    const child = join(import.meta.dirname, 'thread-child.ts')
    expect(execFileSync(process.execPath, [child], { encoding: 'utf8', timeout: 60_000 })).toBe('true true\n')
  })
})
