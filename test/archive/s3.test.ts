import { afterEach, expect, test } from 'vitest'
import { readArchiveRoot } from '../../src/event-log/archive-root.ts'
import { restoreCatalogue } from '../../src/archive/restore-catalogue.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { forEachStoreWithS3 } from './stores.ts'
import { pastEvents, Place } from './place.ts'

forEachStoreWithS3('there and back', (create) => {
  let place: Place
  afterEach(() => place?.close())

  test('what is archived is proved, and makes a lost store anew', async () => {
    place = await Place.open(await create())
    const { store: lost, objects } = place
    await lost.append(pastEvents(1, 100))
    const before = await place.log()
    expect(await place.archive()).toMatchObject({ events: 100, kept: null })
    expect((await verifyArchive({ store: lost, objects, deep: true })).damages).toEqual([])
    expect(await place.log()).toEqual(before)

    const { storeId } = (await readArchiveRoot(objects))!
    place.store = await openEventStore((await create()).store ?? `sqlite:${place.folder}/new.db`, { storeId })
    try {
      expect(await restoreCatalogue({ store: place.store, objects })).toMatchObject({ tombstones: 100 })
      expect(await place.log()).toEqual(before)
      expect((await verifyArchive({ store: place.store, objects, deep: true })).damages).toEqual([])
    } finally {
      await place.store.close()
    }
  })
})
