import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parsePayload } from '../../src/event/domain-event.ts'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import { BlockThread } from '../../src/segment/block-thread.ts'
import { readSegment, type ReadSegmentOptions } from '../../src/segment/read-segment.ts'
import { all, object, plainEvents, write } from './support.ts'

/** Some are plain ASCII, some have letters beyond it, some the form that the general way reads. */
const events = plainEvents(24_000, (n) => ({ n, text: n % 3000 < 20 ? 'Zürich' : 'x'.repeat(n % 90) })).map(
  (event, i) => ({
    ...event,
    metaExtra: i % 100 === 0 ? '{"sub":{"a":"]}"}}' : null,
    aggregateId: i % 70 === 0 ? 'a"b' : event.aggregateId,
    type: i % 8 === 0 ? 'other' : event.type,
  }),
)
const { manifest, bytes } = await write(events)

/** Of the threads of this test, in the order of their starts, how often each has answered. */
let threads: { worker: Worker; answers: number }[] = []
const note = (worker: Worker): void => {
  const thread = { worker, answers: 0 }
  worker.on('message', () => (thread.answers += 1))
  threads.push(thread)
}
beforeEach(() => {
  threads = []
  process.on('worker', note)
})
afterEach(() => void process.off('worker', note))

async function lines(
  of: Buffer,
  thread: BlockThread | null,
  options: ReadSegmentOptions = {},
): Promise<string> {
  const read = await all(readSegment(manifest, object(of), options, thread))
  return read.map((event: StoredEvent) => formatEventLine(event, true)).join('\n')
}

describe('a segment read with a thread', () => {
  it('gives the same events as one read without', async () => {
    const thread = new BlockThread()
    expect(await thread.start()).toBe(true)
    for (const options of [{}, { types: ['odd', 'even'] }, { upTo: events[20_500]?.position as bigint }]) {
      const before = threads[0]?.answers ?? 0
      const beside = await lines(bytes, thread, options)
      expect(beside === (await lines(bytes, null, options))).toBe(true)
      expect((threads[0]?.answers ?? 0) - before).toBeGreaterThan(5)
    }
    expect(threads).toHaveLength(1)
  })

  it('decodes payloads as the reader would by parsing them', async () => {
    const thread = new BlockThread()
    await thread.start()
    const read = await all(readSegment(manifest, object(bytes), { isDecoded: true }, thread))
    expect(read.filter((event) => event.decoded?.() != null).length).toBeGreaterThan(20_000)
    expect(
      isDeepStrictEqual(
        read.map(parsePayload),
        read.map(({ payload }) => JSON.parse(payload)),
      ),
    ).toBe(true)
    const without = await all(readSegment(manifest, object(bytes), { isDecoded: true }))
    expect(without.filter((event) => event.decoded?.() != null)).toEqual([])
  })

  it('starts none for the few events of a range', async () => {
    const after = events[23_990] as StoredEvent
    expect(await all(readSegment(manifest, object(bytes), { after }, new BlockThread()))).toHaveLength(9)
    expect(threads).toHaveLength(0)
  })

  it('begins before the thread is ready, which ends when it is idle and is started anew', async () => {
    const thread = new BlockThread(0)
    const whole = await lines(bytes, null)
    for (let round = 0; round < 2; round += 1) {
      expect((await lines(bytes, thread)) === whole).toBe(true)
      expect(await thread.start()).toBe(true)
      for (const { worker } of threads) if (worker.threadId !== -1) await once(worker, 'exit')
    }
    expect(threads.length).toBeGreaterThan(1)
  })

  it('goes on without the thread where that fails', async () => {
    const thread = new BlockThread()
    await thread.start()
    const reading = lines(bytes, thread)
    // no request at all
    threads[0]?.worker.postMessage(undefined)
    expect((await reading) === (await lines(bytes, null))).toBe(true)
    expect(threads).toHaveLength(1)
    // that it is ready
    expect(threads[0]?.answers).toBe(1)
  })

  it('tells damage in the same words', async () => {
    const thread = new BlockThread()
    await thread.start()
    const block = manifest.blocks[4]
    const changed = Buffer.from(bytes)
    changed[(block?.offset ?? 0) + 500]! ^= 1
    const told = (of: BlockThread | null): Promise<unknown> =>
      lines(changed, of).catch((error: unknown) => error)
    const [beside, alone] = [await told(thread), await told(null)]
    expect(beside).toMatchObject({ code: 'DEMETRA_SEGMENT_DAMAGED', context: { block: 5 } })
    expect(String(beside)).toBe(String(alone))
  })

  it.each([
    ['keeps no process alive', [], 'a thread all lines\n'],
    ['does without where none can be had', ['--permission', '--allow-fs-read=*'], 'no thread all lines\n'],
  ])('%s', (_, flags, said) => {
    const child = join(import.meta.dirname, 'thread-child.ts')
    expect(execFileSync(process.execPath, [...flags, child], { encoding: 'utf8', timeout: 60_000 })).toBe(
      said,
    )
  })
})
