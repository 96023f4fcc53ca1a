import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { positionAt } from '../../src/event/position.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import { DirectoryObjectStore } from '../../src/object-store/directory.ts'
import { all, plain, plainEvents } from '../segment/support.ts'
import { plainLine } from '../support/events.ts'
import { temporaryStore, type TemporaryStore } from '../support/import.ts'
import { TestArchive } from './test-archive.ts'

/** A folder, with what is asked of it. */
class CountedObjects extends DirectoryObjectStore {
  readonly asked: string[] = []
  bytesRead = 0

  override async read(key: string): Promise<AsyncIterable<Uint8Array> | null> {
    this.asked.push(key)
    const pieces = await super.read(key)
    return pieces && this.#counted(pieces)
  }

  override readRange(key: string, offset: number, lengthBytes: number): Promise<Uint8Array> {
    this.asked.push(`part of ${key}`)
    return super.readRange(key, offset, lengthBytes)
  }

  /** Numbers of the segments of which something was asked. */
  segments(): number[] {
    const numbers = this.asked.flatMap((key) => /(\d{8})\.ndjson\.gz$/.exec(key)?.[1] ?? [])
    return [...new Set(numbers.map(Number))]
  }

  async *#counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.bytesRead += piece.length
      yield piece
    }
  }
}

const SEGMENT_BYTES = 20_000
let temporary: TemporaryStore
let folder: string
let objects: CountedObjects
let log: EventLog

beforeEach(async () => {
  temporary = await temporaryStore()
  folder = mkdtempSync(join(tmpdir(), 'demetra-log-'))
  objects = new CountedObjects(folder)
  log = new EventLog(temporary.store, () => Promise.resolve(objects))
})
afterEach(async () => {
  await temporary[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** All archived but the last `live`; of what each segment holds. */
async function archived(
  events: readonly StoredEvent[],
  live = 0,
  bytes = SEGMENT_BYTES,
): Promise<StoredEvent[][]> {
  await temporary.store.append(events)
  const archive = await TestArchive.begin(temporary.store, objects)
  await archive.archive(events.slice(0, events.length - live), bytes)
  objects.asked.length = 0
  return [...archive.held.values()]
}

/** Every hundredth from the 250th on is of a type of its own. */
function withRare(): StoredEvent[] {
  return Array.from({ length: 600 }, (_, i) => {
    const line = plainLine(i + 1)
    const rare = i >= 250 && i % 100 === 0 ? line.replace(/"type":"\w+"/, '"type":"rare"') : line
    return {
      ...readEvent(rare, { receivedAt: 0 }),
      position: positionAt(Date.UTC(2016, 0, 1) + i * 1000),
    }
  })
}

describe('what is not wanted is not read', () => {
  test('an archive where nothing was archived', async () => {
    const untouched = new EventLog(temporary.store, () => Promise.reject(new Error('it was opened')))
    const events = plainEvents(5)
    await temporary.store.append(events)
    expect((await all(untouched.read())).map(plain)).toEqual(events)
    expect(await all(untouched.history('number/3'))).toHaveLength(1)
    expect(await untouched.find(new Uint8Array(16))).toBeNull()
  })

  test('segments without a wanted type', async () => {
    const events = withRare()
    const held = await archived(events, 50)
    const holding = held.flatMap((own, i) => (own.some(({ type }) => type === 'rare') ? [i + 1] : []))
    expect(holding.length).toBeLessThan(held.length - 2)
    const rare = events.filter(({ type }) => type === 'rare')
    expect((await all(log.read({ types: ['rare'] }))).map(plain)).toEqual(rare)
    expect(objects.segments()).toEqual(holding)
  })

  test('segments outside the bounds', async () => {
    const events = withRare()
    const held = await archived(events, 50)
    const third = held[2] ?? []
    const [after, last] = [third[3], third.at(-3)]
    if (after === undefined || last === undefined) throw new Error('the segments are too small')
    expect((await all(log.read({ after, upTo: last.position }))).map(plain)).toEqual(third.slice(4, -2))
    expect(objects.segments()).toEqual([3])
    objects.asked.length = 0
    expect(await all(log.read({ after: events.at(-10) as StoredEvent }))).toHaveLength(9)
    expect(objects.asked).toEqual([])
  })

  test('a segment before its turn has come', async () => {
    await archived(withRare(), 50)
    for await (const [first] of log.read({ batchEvents: 10 })) {
      expect(first).toBeDefined()
      expect(objects.segments()).toEqual([1])
      break
    }
  })

  test('more than one block for one event', async () => {
    const events = plainEvents(3000, () => ({ text: 'x'.repeat(300) }))
    await archived(events, 0, 64 * 1024 * 1024)
    const event = events[2000] as StoredEvent
    const found = await log.find(event.id)
    expect(found && plain(found.event)).toEqual(event)
    const key = 'events/month=2016-01/00000001.ndjson.gz'
    expect(found?.archived).toEqual({ archive: objects.url, segment: 1, key })
    expect(objects.asked).toEqual(['archive.json', 'manifests/00000001.json', `part of ${key}`])
  })

  test('far ahead of a consumer', async () => {
    // what is random cannot be compressed
    const events = plainEvents(60, () => ({ text: randomBytes(130_000).toString('hex') }))
    await archived(events, 0, 64 * 1024 * 1024)
    objects.bytesRead = 0
    for await (const batch of log.read()) {
      expect(batch.length).toBeLessThan(3)
      expect(objects.bytesRead).toBeLessThan((60 * 130_000) / 2)
      break
    }
  })
})
