import { randomUUID } from 'node:crypto'
import type { Document } from 'mongodb'
import { afterAll, expect, test } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { MongoEventStore } from '../../src/event-store/mongodb.ts'
import { Batch } from '../../src/event-store/mongodb/batch.ts'
import { MongoCatalogue } from '../../src/event-store/mongodb/catalogue.ts'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { insertDocuments } from '../../src/event-store/mongodb/insert-command.ts'
import { EVENTS } from '../../src/event-store/mongodb/schema.ts'
import { entomb } from '../../src/event-store/mongodb/tombstones.ts'
import { Writers } from '../../src/event-store/mongodb/writers.ts'
import { all, anEvent, events, plain } from '../contracts/event-store/fixture.ts'
import { archive, archiveFence, contentOf, intentOf } from '../contracts/event-store/segments.ts'
import { describeOnEachMongodb } from '../servers/mongod.ts'
import { losingAnswers } from './losing-answers.ts'

const MIB = 1024 * 1024

describeOnEachMongodb('what the archive changes in MongoDB', (urlOf) => {
  const opened: { close(): Promise<void> }[] = []
  afterAll(async () => {
    for (const some of opened) await some.close()
  })

  /** A store with `count` events. */
  async function filled(count: number) {
    const url = urlOf(`d${randomUUID()}`)
    const store = new MongoEventStore(url)
    const database = await Database.connect(url)
    opened.push(store, database)
    await store.append(events(count, (n) => anEvent(`e${n}`)))
    const log: StoredEvent[] = await all(store.read())
    return { url, store, database, log }
  }

  test('a command of a late holder makes no tombstone of what a newer one has brought back', async () => {
    const { store, database, log } = await filled(4)
    const old = await archiveFence(store, 'archive 1')
    const number = await archive(store.catalogue, log, old)
    const newer = await archiveFence(store, 'restore')
    await store.catalogue.revive(number, log.slice(0, 2), newer)

    const late = await entomb(database, number, log, old)
    const left = [0, 1].map((index) => ({ index, why: 'live' }))
    expect(late).toEqual({ moved: 0, already: 2, left })
    expect(await all(store.read())).toEqual(log.slice(0, 2))
    expect(await entomb(database, number, log, newer)).toEqual({ moved: 2, already: 2, left: [] })
  })

  test('each step is taken once where its answers are lost', async () => {
    const { store, database, log } = await filled(6)
    const catalogue = new MongoCatalogue(async () => losingAnswers(database))
    const fence = await archiveFence(store)
    expect(await catalogue.begin(intentOf(log), fence)).toBe(1)
    expect(await catalogue.begin(intentOf(log), fence)).toBe(2)
    await catalogue.commit(1, contentOf(log), fence)
    await catalogue.abandon(2, 'of no use', fence)
    expect(await catalogue.entomb(1, log, fence)).toEqual({ moved: 0, already: 6, left: [] })
    await catalogue.purged(1, fence)
    const lost = [{ ...anEvent('lost'), position: 5n }]
    expect(await catalogue.addTombstones(1, lost, fence)).toEqual({ moved: 1, already: 0, left: [] })
    expect(await catalogue.revive(1, log, fence)).toEqual({ moved: 0, already: 6, left: [] })
    await catalogue.restored(1, fence)
    const { revision, segments } = await store.catalogue.segments()
    expect(revision).toBe(2)
    expect(segments.map(({ state }) => state)).toEqual(['restored', 'abandoned'])
    expect(await all(store.read())).toEqual(log)
    expect((await store.statistics()).events).toBe(7)
  })

  test('a change that was cut off before it reached its own document is there all the same', async () => {
    const { store, database, log } = await filled(2)
    const fence = await archiveFence(store)
    await archive(store.catalogue, log, fence)
    const segments = await store.catalogue.segments()
    await database.collection('demetra_segments').deleteMany({})
    expect(await store.catalogue.segments()).toEqual(segments)
    expect(await store.catalogue.segments({ after: log[1]!.position })).toEqual({
      revision: 1,
      segments: [],
    })
    expect(await store.catalogue.segment(1)).toEqual(segments.segments[0])
    expect(await store.catalogue.begin(intentOf(log), fence)).toBe(2)
    expect(await database.collection('demetra_segments').countDocuments()).toBe(2)
  })

  test('events of a call that was killed are counted, also where they were archived before that', async () => {
    const { store, database } = await filled(1)
    const killed = new Batch()
    for (const event of events(5, (n) => anEvent(`killed ${n}`, { type: n < 2 ? 'a' : 'b' })))
      killed.add(event)
    killed.seal()
    const writer = await new Writers(database, 1).take()
    const append = await writer.begin({ ids: killed.ids(), ...killed.kinds() })
    killed.setAppend(append!)
    await insertDocuments(database, killed.documents([0, 1, 2, 3]), 3000)

    const log = await all(store.read())
    await archive(store.catalogue, log.slice(2), await archiveFence(store))
    const { events: total, types } = await store.statistics()
    expect(total).toBe(5)
    expect(types).toMatchObject([
      { type: 'a', events: 2 },
      { type: 'b', events: 2, firstDay: '2016-01-01' },
      { type: 'order-placed', events: 1 },
    ])
  })

  test('a layout without segments is brought up by setup, and by the first segment', async () => {
    const { url, store, database, log } = await filled(2)
    const layouts = database.collection<{ _id: string; layout: number }>('demetra_store')
    const makeOlder = async () => {
      await layouts.updateOne({ _id: 'store' }, { $set: { layout: 1 } })
      await database.collection('demetra_segments').drop()
    }
    await makeOlder()
    expect(await store.catalogue.segments()).toEqual({ revision: 0, segments: [] })
    expect(await layouts.findOne({ _id: 'store' })).toMatchObject({ layout: 1 })
    const later = new MongoEventStore(url)
    opened.push(later)
    expect((await later.setup()).created).toEqual(['collection demetra_segments'])
    expect(await layouts.findOne({ _id: 'store' })).toMatchObject({ layout: 2 })

    await makeOlder()
    expect(await archive(later.catalogue, log, await archiveFence(later))).toBe(1)
    expect(await layouts.findOne({ _id: 'store' })).toMatchObject({ layout: 2 })
  })

  test('events come back that no one command could hold, the largest that there can be among them', async () => {
    const { store } = await filled(0)
    // with the token beside it, the last is too large for a document as it stands
    const lengths = [...Array<number>(3).fill(15 * MIB), 16 * MIB - 400]
    const large = lengths.map((length, n) => anEvent(`e${n}`, { payload: `{"a":"${'a'.repeat(length)}"}` }))
    await store.append(large)
    const log = await all(store.read())
    const fence = await archiveFence(store)
    const number = await archive(store.catalogue, log, fence)
    expect(await store.catalogue.revive(number, log, fence)).toEqual({ moved: 4, already: 0, left: [] })
    expect((await all(store.read())).map(plain)).toEqual(log.map(plain))
  })

  test('a tombstone is the document of its event, without what only the archive needs', async () => {
    const { store, database, log } = await filled(1)
    await archive(store.catalogue, log, await archiveFence(store))
    const [tombstone] = await database.collection<Document>(EVENTS).find().toArray()
    expect(Object.keys(tombstone!)).toEqual(['_id', 'archived', 'digest', 'segment', 'append'])
  })
})
