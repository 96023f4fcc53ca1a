import { copyFileSync, mkdirSync, renameSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readArchiveRoot } from '../../src/event-log/archive-root.ts'
import { restoreCatalogue } from '../../src/archive/restore-catalogue.ts'
import { restoreEvents } from '../../src/archive/restore-events.ts'
import { positionAt } from '../../src/event/position.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { endOf } from '../../src/event/log-order.ts'
import { forEachStore } from './stores.ts'
import { pastEvents, Place, START_MS } from './place.ts'

forEachStore('restore', (create) => {
  let place: Place
  let before: string[]
  beforeEach(async () => {
    place = await Place.open(await create())
    await place.store.append(pastEvents(1, 120))
    before = await place.log()
    await place.archive()
  })
  afterEach(() => place.close())

  const deep = () => verifyArchive({ store: place.store, objects: place.objects, deep: true })

  /** With an empty store of the same id in place of the one that is lost. */
  async function withNewStore(work: () => Promise<void>): Promise<void> {
    const root = await readArchiveRoot(place.objects)
    const url = (await create()).store ?? `sqlite:${place.folder}/new.db`
    place.store = await openEventStore(url, { storeId: root!.storeId })
    try {
      await work()
    } finally {
      await place.store.close()
    }
  }

  test('brings a segment back, which readers then need no more', async () => {
    const { store, objects } = place
    const result = await restoreEvents({ store, objects, what: { segments: [2, 3] } })
    expect(result).toMatchObject({ already: 0, left: 0, segments: [{ whole: true }, { whole: true }] })
    expect(await place.live()).toHaveLength(result.events)
    expect((await place.states()).slice(0, 4)).toEqual(['1 purged', '2 restored', '3 restored', '4 purged'])
    expect(await place.log()).toEqual(before)
    expect(await deep()).toMatchObject({ damages: [], segments: { restored: 2 } })

    const { events } = await place.archive()
    expect(events).toBe(result.events)
    expect(await place.log()).toEqual(before)
    expect((await deep()).damages).toEqual([])
  })

  test('brings a stretch of time back, and again after it was cut off', async () => {
    const { store, objects } = place
    const after = endOf(positionAt(START_MS + 20_000) - 1n)
    const upTo = positionAt(START_MS + 70_000) - 1n
    const cut = new AbortController()
    const onProgress = () => cut.abort()
    const first = await restoreEvents({
      store,
      objects,
      what: { after, upTo },
      signal: cut.signal,
      onProgress,
    })
    expect(first).toMatchObject({ interrupted: true, segments: [expect.anything()] })
    const result = await restoreEvents({ store, objects, what: { after, upTo } })
    expect(first.events + result.events).toBe(50)
    expect((await place.live()).map(({ position }) => position)).toEqual(
      pastEvents(20, 50).map(({ position }) => position),
    )
    expect(await place.log()).toEqual(before)
    const proof = await deep()
    expect(proof.damages).toEqual([])
    expect(proof.broughtBack).toBeGreaterThan(0)
    expect(await place.archive()).toMatchObject({ events: 50 })
    expect(await deep()).toMatchObject({ damages: [], broughtBack: 0 })
  })

  test('says of a segment that there is none', async () => {
    const { store, objects } = place
    await expect(restoreEvents({ store, objects, what: { segments: [99] } })).rejects.toMatchObject({
      code: 'DEMETRA_NO_SEGMENT',
      exitCode: 2,
    })
  })

  test('makes a lost store anew from the archive alone', async () => {
    const { objects } = place
    const counted = await place.store.statistics()
    const lost = place.store
    await withNewStore(async () => {
      const result = await restoreCatalogue({ store: place.store, objects })
      expect(result).toMatchObject({ tombstones: 120, entombed: 0, differing: 0 })
      expect(result.adopted).toHaveLength(result.segments)
      expect(await place.store.storeId()).toBe(await lost.storeId())
      expect(await place.log()).toEqual(before)
      expect((await deep()).damages).toEqual([])
      expect({ ...(await place.store.statistics()), sizeBytes: 0 }).toEqual({ ...counted, sizeBytes: 0 })
      expect(await place.store.append(pastEvents(1, 120))).toMatchObject({ written: 0, duplicates: 120 })
      expect(await restoreCatalogue({ store: place.store, objects })).toMatchObject({
        adopted: [],
        tombstones: 0,
      })
      await place.store.append(pastEvents(200, 10))
      expect(await place.archive()).toMatchObject({ events: 10 })
    })
  })

  test('passes over what is damaged when it makes a store anew, and says so', async () => {
    const { objects, folder } = place
    const key = 'events/month=2016-01/00000002.ndjson.gz'
    truncateSync(join(folder, 'archive', key), 1000)
    await withNewStore(async () => {
      const result = await restoreCatalogue({ store: place.store, objects })
      expect(result.damaged).toEqual([{ number: 2, message: expect.stringContaining(key) as string }])
      expect(result.tombstones).toBeGreaterThan(80)
      const { damages } = await deep()
      expect(damages.map(({ code, segment }) => [code, segment])).toEqual([
        ['object-damaged', 2],
        ['unfinished', 2],
      ])
    })
  })

  test('tells of an object whose manifest is lost that its events are nowhere else, and adopts it when it is back', async () => {
    const { objects, folder } = place
    const key = 'events/month=2016-01/00000002.ndjson.gz'
    const manifest = join(folder, 'archive', 'manifests', '00000002.json')
    renameSync(manifest, join(folder, 'lost'))
    await withNewStore(async () => {
      const result = await restoreCatalogue({ store: place.store, objects })
      const { loose, tombstones } = result
      expect(loose).toEqual([
        {
          number: 2,
          key,
          sizeBytes: expect.any(Number) as number,
          events: 120 - tombstones,
          unknown: 120 - tombstones,
        },
      ])
      expect((await deep()).damages).toEqual([
        expect.objectContaining({ code: 'manifest-missing', segment: 2, events: 120 - tombstones }),
      ])
      renameSync(join(folder, 'lost'), manifest)
      expect(await restoreCatalogue({ store: place.store, objects })).toMatchObject({
        adopted: [2],
        loose: [],
      })
      expect(await place.log()).toEqual(before)
      expect((await deep()).damages).toEqual([])
    })
  })

  test('still tells of it when a later run has found its key taken, and given the number up', async () => {
    const { objects, folder } = place
    const last = (await place.states()).length
    renameSync(join(folder, 'archive', 'manifests', `0000000${last}.json`), join(folder, 'lost'))
    await withNewStore(async () => {
      const { loose } = await restoreCatalogue({ store: place.store, objects })
      expect(loose).toMatchObject([{ number: last }])
      await place.store.append(pastEvents(200, 10))
      expect(await place.archive()).toMatchObject({ abandoned: [{ number: last }] })
      const { damages, orphans } = await deep()
      expect(damages).toMatchObject([
        {
          code: 'manifest-missing',
          segment: last,
          events: loose[0]?.events,
          mend: expect.stringContaining(
            `\`demetra import ${folder}/archive/events/month=2016-01/0000000${last}.ndjson.gz\``,
          ) as string,
        },
      ])
      expect(orphans).toMatchObject([{ number: last, objects: [] }])
      expect(await restoreCatalogue({ store: place.store, objects })).toMatchObject({ loose })
    })
  })

  test('an object without a manifest whose events are all elsewhere is an orphan, whatever its number', async () => {
    const { store, objects, folder } = place
    const path = (number: number, month = '01'): string =>
      join(folder, 'archive', `events/month=2016-${month}/0000000${number}.ndjson.gz`)
    mkdirSync(join(folder, 'archive/events/month=2016-02'))
    copyFileSync(path(2), path(9))
    copyFileSync(path(2), path(3, '02'))
    expect(await restoreCatalogue({ store, objects })).toMatchObject({ adopted: [], loose: [] })
    const { damages, orphans } = await deep()
    expect({ damages, orphans: orphans.map(({ number }) => number) }).toEqual({
      damages: [],
      orphans: [9, 3],
    })
    truncateSync(path(9), 100)
    expect(await restoreCatalogue({ store, objects })).toMatchObject({ loose: [{ number: 9, events: null }] })
    expect((await deep()).damages).toEqual([
      expect.objectContaining({ code: 'manifest-missing', segment: 9 }),
    ])
  })

  test('brings a store up that came back from a backup', async () => {
    const { objects } = place
    await withNewStore(async () => {
      // made before anything was archived
      await place.store.append(pastEvents(1, 100))
      await expect(place.archive()).rejects.toMatchObject({
        code: 'DEMETRA_CATALOGUE_BEHIND',
        exitCode: 1,
        hints: [expect.stringContaining('demetra restore --catalogue') as string],
      })
      expect(await place.live()).toHaveLength(100)
      const result = await restoreCatalogue({ store: place.store, objects })
      expect(result).toMatchObject({ tombstones: 20, entombed: 100, differing: 0 })
      expect(await place.live()).toEqual([])
      expect(await place.log()).toEqual(before)
      expect((await deep()).damages).toEqual([])
    })
  })
})
