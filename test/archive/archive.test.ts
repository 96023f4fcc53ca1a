import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ArchiveProgress } from '../../src/archive/archive-progress.ts'
import { ARCHIVE_LEASE } from '../../src/event-store/catalogue.ts'
import { positionAt } from '../../src/event/position.ts'
import { segmentKey } from '../../src/segment/object-keys.ts'
import { forEachStore } from './stores.ts'
import { pastEvents, Place, START_MS } from './place.ts'

forEachStore('archive', (create) => {
  let place: Place
  beforeEach(async () => {
    place = await Place.open(await create())
  })
  afterEach(() => place.close())

  test('moves all that is old enough, in segments, and the log stays what it was', async () => {
    await place.store.append(pastEvents(1, 200))
    const before = await place.log()
    const result = await place.archive()
    expect(result).toMatchObject({ events: 200, finished: [], abandoned: [], kept: null, stoppedBy: null })
    expect(result.segments.length).toBeGreaterThan(5)
    expect(result.segments[0]).toMatchObject({ number: 1, key: 'events/month=2016-01/00000001.ndjson.gz' })
    expect(await place.live()).toEqual([])
    expect(await place.log()).toEqual(before)
    expect(new Set((await place.states()).map((state) => state.split(' ')[1]))).toEqual(new Set(['purged']))
    const again = [...pastEvents(1, 200), ...pastEvents(7, 1, { digest: new Uint8Array(16) })]
    expect(await place.store.append(again)).toMatchObject({ written: 0, duplicates: 200, conflicts: 1 })
    expect(await place.archive()).toMatchObject({ events: 0, segments: [] })
  })

  test('tells how far it is: halfway where all is read and nothing moved', async () => {
    await place.store.append(pastEvents(1, 200))
    const told: ArchiveProgress[] = []
    await place.archive({ targetTextBytes: 1e6, onProgress: (progress) => told.push(progress) })
    expect(told).toEqual([
      { events: 200, share: 0.5 },
      { events: 200, share: 1 },
    ])
  })

  test('never puts two months into one segment, and leaves what is younger', async () => {
    const events = [-3, -2, -1, 0, 1, 2].map((hours, i) => {
      const position = positionAt(Date.UTC(2016, 1, 1, hours))
      return { ...pastEvents(i, 1)[0]!, position }
    })
    await place.store.append(events)
    const result = await place.archive({ beforeMs: Date.UTC(2016, 1, 1, 2), targetTextBytes: 1e6 })
    expect(result.segments.map(({ key, events: count }) => [key, count])).toEqual([
      ['events/month=2016-01/00000001.ndjson.gz', 3],
      ['events/month=2016-02/00000002.ndjson.gz', 2],
    ])
    expect((await place.live()).map(({ position }) => position)).toEqual([events[5]!.position])
  })

  test('keeps what a report has not read, and says which', async () => {
    await place.store.append(pastEvents(1, 100))
    const readTo = positionAt(START_MS + 40_000) + 1n
    const reader = { reportStore: 'sqlite:reports.db', name: 'sales', generation: 1 }
    await place.store.readers.advance({ ...reader, readTo })
    const result = await place.archive()
    expect(result.events).toBe(40)
    expect(result.kept).toEqual({
      events: 60,
      reports: [{ ...reader, readTo: '2016-01-01T00:00:40.000Z' }],
    })
    await place.store.readers.drop(reader)
    expect(await place.archive()).toMatchObject({ events: 60, kept: null })
  })

  test('takes what is backfilled below its segments into later ones', async () => {
    await place.store.append(pastEvents(50, 100))
    await place.archive()
    await place.store.append(pastEvents(1, 100))
    const before = await place.log()
    expect(before).toHaveLength(149)
    expect(await place.archive()).toMatchObject({ events: 49 })
    expect(await place.log()).toEqual(before)
  })

  test('stops where it is told to, and goes on', async () => {
    await place.store.append(pastEvents(1, 200))
    const first = await place.archive({ maxSegments: 2 })
    expect(first).toMatchObject({ stoppedBy: 'max-segments', segments: [{ number: 1 }, { number: 2 }] })
    expect(await place.archive({ maxTimeMs: 0 })).toMatchObject({ stoppedBy: 'max-time', events: 0 })
    const interrupted = new AbortController()
    interrupted.abort()
    const third = await place.archive({ signal: interrupted.signal })
    expect(third).toMatchObject({ stoppedBy: 'interrupt', events: 0 })
    expect(await place.archive()).toMatchObject({ stoppedBy: null, events: 200 - first.events })
  })

  test('is refused while another run is at it, and not where that one has ended', async () => {
    await place.store.append(pastEvents(1, 10))
    const other = await place.openStore()
    await other.leases.acquire(ARCHIVE_LEASE, 'elsewhere, process 1, run 0a0b0c0d', 60_000)
    await expect(place.archive()).rejects.toMatchObject({
      code: 'DEMETRA_LOCKED',
      exitCode: 11,
      message: expect.stringContaining('elsewhere, process 1') as string,
    })
    expect(await place.live()).toHaveLength(10)
  })

  test('refuses an archive of another store, and one that is not there any more', async () => {
    await place.store.append(pastEvents(1, 10))
    await place.archive()
    const others = await Place.open()
    try {
      await others.store.append(pastEvents(1, 10))
      await expect(others.archive({ objects: place.objects })).rejects.toMatchObject({
        code: 'DEMETRA_ARCHIVE_OF_OTHER_STORE',
      })
      await expect(place.archive({ objects: others.objects })).rejects.toMatchObject({
        code: 'DEMETRA_ARCHIVE_MISSING',
        exitCode: 10,
      })
    } finally {
      await others.close()
    }
  })

  test('takes the next number where other content lies under one, and notes it', async () => {
    await place.store.append(pastEvents(1, 10))
    const foreign = Buffer.from('not a segment')
    const sha256 = createHash('sha256').update(foreign).digest()
    await place.objects.create(segmentKey(1, '2016-01'), [foreign], sha256)
    const { segments, abandoned } = await place.archive()
    expect(segments).toMatchObject([{ number: 2, events: 10 }])
    expect(abandoned).toEqual([
      { number: 1, reason: 'other content lies under events/month=2016-01/00000001.ndjson.gz' },
    ])
    expect(await place.states()).toEqual(['1 abandoned', '2 purged'])
  })
})
