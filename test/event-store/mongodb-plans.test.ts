import type { Document } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogPoint } from '../../src/event/event.ts'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { knownEvents } from '../../src/event-store/mongodb/known-events.ts'
import { setUp } from '../../src/event-store/mongodb/layout.ts'
import { historyQuery } from '../../src/event-store/mongodb/read-history.ts'
import { planRead, sliceEnd } from '../../src/event-store/mongodb/read-plan.ts'
import { readEvent, readHistory, readLog } from '../../src/event-store/mongodb/read.ts'
import { LAST_POSITION, type Query, START } from '../../src/event-store/mongodb/reading.ts'
import { EVENTS } from '../../src/event-store/mongodb/schema.ts'
import { sections, summarise, summaryStep } from '../../src/event-store/mongodb/summary.ts'
import { all, compare, ids } from '../contracts/event-store/fixture.ts'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'
import { idOf, storeDocuments, storeTombstones } from './mongo-documents.ts'

const EVENTS_STORED = 120_000
const TYPES = 1200
const BATCH = 1000

describeWithMongod('how MongoDB reads', () => {
  let server: Mongod
  let database: Database
  /** In the midst of the log, and of four events that follow each other closely. */
  let from: LogPoint
  beforeAll(async () => {
    server = await startMongod()
    database = await Database.connect(server.url('plans'))
    await setUp(database)
    await storeTombstones(database, 1000)
    await storeDocuments(database, EVENTS_STORED, { types: TYPES })
    from = (await readEvent(database, idOf(601)))!
  })
  afterAll(async () => {
    await database.close()
    await server.stop()
  })

  /** What the server does with a query: its stages, and how much it looks at. */
  async function explain({ filter, ...options }: Query) {
    const told = await database.collection(EVENTS).find(filter, options).explain('executionStats')
    const stats = told['executionStats'] as Document
    return {
      stages: [...stagesOf(stats['executionStages'] as Document)],
      indexes: [...new Set(indexesOf(told['queryPlanner'] as Document))],
      keys: stats['totalKeysExamined'] as number,
      documents: stats['totalDocsExamined'] as number,
      returned: stats['nReturned'] as number,
    }
  }
  const typesOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `type-${n}`)
  const plan = (types: string[] | null, limit = BATCH) =>
    explain(planRead(types).query(from, LAST_POSITION, limit))

  test('the whole log, by position', async () => {
    const { stages, indexes, keys, documents, returned } = await plan(null)
    expect(indexes).toEqual(['events_by_position'])
    expect(stages).not.toContain('SORT')
    expect(returned).toBe(BATCH)
    // the last event of the batch before is looked at again
    expect(documents).toBeLessThanOrEqual(BATCH + 2)
    expect(keys).toBeLessThanOrEqual(BATCH + 2)
  })

  test.each([1, 3, 100])('%i types: their ranges of the index by type, merged', async (count) => {
    const { stages, indexes, keys, documents, returned } = await plan(typesOf(count), 200)
    expect(indexes).toEqual(['events_by_type'])
    expect(stages).not.toContain('SORT')
    expect(stages.filter((stage) => stage === 'IXSCAN').length).toBe(count)
    expect(returned).toBe(count === 1 ? 99 : 200)
    expect(documents).toBeLessThanOrEqual(returned + 2)
    // each range is entered once
    expect(keys).toBeLessThanOrEqual(1.02 * returned + 2 * count)
  })

  test.each([101, 1000])('%i types: by position, nothing sorted', async (count) => {
    expect(planRead(typesOf(count)).scans).toBe(true)
    const { stages, indexes, keys, returned } = await plan(typesOf(count))
    expect(indexes).toEqual(['events_by_position'])
    expect(stages).not.toContain('SORT')
    expect(returned).toBe(BATCH)
    expect(keys).toBeLessThan((1.1 * BATCH * TYPES) / count + TYPES)
  })

  test('the end of a slice, without a document', async () => {
    const { indexes, keys, documents, returned } = await explain(sliceEnd(from, LAST_POSITION))
    expect(indexes).toEqual(['events_by_position'])
    expect({ documents, returned }).toEqual({ documents: 0, returned: 1 })
    expect(keys).toBeLessThanOrEqual(100_003)
  })

  test('histories, by their own indexes', async () => {
    for (const [wanted, hint] of [
      [{ 'meta.aggregate_id': 'order/1' }, 'events_by_aggregate'],
      [{ 'meta.correlation_id': 'customer/1' }, 'events_by_correlation'],
    ] as const) {
      const { stages, indexes, keys, documents } = await explain(historyQuery(wanted, hint, from.position))
      expect(indexes).toEqual([hint])
      expect(stages).not.toContain('SORT')
      expect({ keys, documents }).toEqual({ keys: BATCH, documents: BATCH })
    }
  })

  test('a sum, without a document', async () => {
    for (const section of sections(from, { position: LAST_POSITION, id: from.id })) {
      const told = await database
        .collection(EVENTS)
        .aggregate(summaryStep(section), { hint: 'events_by_position' })
        .explain('executionStats')
      expect(indexesOf(told['queryPlanner'] as Document)).toEqual(['events_by_position'])
      const text = JSON.stringify(told['queryPlanner'])
      expect(text).not.toContain('"stage":"SORT"')
      expect(text).not.toContain('"stage":"FETCH"')
      const { totalKeysExamined, totalDocsExamined } = told['executionStats'] as Document
      expect(totalDocsExamined).toBe(0)
      expect(totalKeysExamined).toBeLessThanOrEqual(100_001)
    }
  })

  describe('over more than a slice', () => {
    test.each([101, 1, 100])('%i types, among tombstones', async (count) => {
      const types = new Set(typesOf(count))
      const found = await all(readLog(database, { types: [...types], batchEvents: 700 }))
      expect(found.length).toBe(count * (EVENTS_STORED / TYPES))
      expect(found.every(({ type }) => types.has(type))).toBe(true)
      expect(found).toEqual(found.toSorted(compare))
    })

    test('summed as read', async () => {
      const found = await all(readLog(database, { batchEvents: 20_000 }))
      expect(found.length).toBe(EVENTS_STORED)
      const xor = new Uint8Array(16)
      for (const { id } of found) id.forEach((byte, at) => (xor[at]! ^= byte))
      expect(await summarise(database, START, found.at(-1)!)).toEqual({ events: EVENTS_STORED, idsXor: xor })
    })
  })

  test('a reader who stops early leaves nothing behind', async () => {
    for (let n = 0; n < 20; n += 1) {
      for await (const batch of readLog(database, { batchEvents: 10 })) {
        expect(batch.length).toBe(10)
        if (n % 2 === 0) break
        await readEvent(database, batch[0]!.id)
        break
      }
    }
    expect((await database.db.admin().serverStatus())['metrics'].cursor.open.total).toBe(0)
  })

  test('a history of more events at one position than go into a batch', async () => {
    const wanted = { seed: 'same', types: 1, position: (await positionOfFirst())! }
    await storeDocuments(database, 60_000, wanted)
    const found = await all(readHistory(database, { aggregateId: 'order/1' }))
    expect(found.length).toBe(EVENTS_STORED / 50 + 60_000 / 50)
    expect(ids(found)).toEqual(ids(found.toSorted(compare)))
  })
  async function positionOfFirst() {
    const first = await database.collection(EVENTS).findOne({ position: { $exists: true } })
    return first?.['position']
  }

  test('what is known of ids: live, archived, not at all', async () => {
    const asked = [...Array.from({ length: 4500 }, (_, n) => idOf(n)), new Uint8Array(16)]
    const archived = idOf(5, 'tombstone ')
    const found = await knownEvents(database, [...asked, archived])
    expect(found.size).toBe(4501)
    expect(found.get(Buffer.from(archived).toString('latin1'))).toEqual({
      digest: idOf(5, 'digest '),
      append: null,
    })
    expect(found.get(Buffer.from(idOf(4499)).toString('latin1'))).toEqual({
      digest: idOf(4499, 'digest '),
      append: 1n,
    })
    expect(await readEvent(database, archived)).toBeNull()
  })
})

function* stagesOf(stage: Document): Generator<string> {
  yield stage['stage'] as string
  const { inputStage, inputStages = [] } = stage as { inputStage?: Document; inputStages?: Document[] }
  for (const input of inputStage === undefined ? inputStages : [inputStage]) yield* stagesOf(input)
}

function indexesOf(plan: Document): string[] {
  return [...JSON.stringify(plan['winningPlan']).matchAll(/"indexName":"([^"]+)"/gu)].map(([, name]) => name!)
}
