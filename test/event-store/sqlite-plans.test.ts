import { afterEach, beforeEach, expect, test } from 'vitest'
import { Connection } from '../../src/event-store/sqlite/connection.ts'
import { planRead } from '../../src/event-store/sqlite/read-plan.ts'
import { SqliteEventStore } from '../../src/event-store/sqlite.ts'
import { anEvent, events } from '../contracts/event-store/fixture.ts'
import { temporaryDatabase } from './temporary-database.ts'

let database: Awaited<ReturnType<typeof temporaryDatabase>>
let connection: Connection
beforeEach(async () => {
  database = await temporaryDatabase()
  const store = new SqliteEventStore(database.path)
  await store.append(events(100, (n) => anEvent(`e${n}`, { type: `type-${n % 20}` })))
  await store.close()
  connection = Connection.open(database.path, { cacheBytes: 1_000_000 })
})
afterEach(async () => {
  connection.close()
  await database.dispose()
})

/** The steps of a plan, without what says nothing about indexes. */
function explain(types: readonly string[] | null): string[] {
  const { sql, parameters } = planRead(connection, types)
  return connection
    .all<[bigint, bigint, bigint, string]>(
      `EXPLAIN QUERY PLAN ${sql}`,
      1n,
      new Uint8Array(16),
      2n,
      10,
      ...parameters,
    )
    .map((row) => row[3])
}

const BY_POSITION = 'SEARCH events USING INDEX events_by_position ((position,id)>(?,?) AND position<?)'
const BY_TYPE = 'SEARCH events USING INDEX events_by_type (type=? AND (position,id)>(?,?) AND position<?)'
const typesOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `type-${n}`)

test('the whole log, by position', () => {
  expect(explain(null)).toEqual([BY_POSITION])
})

test('one type, by its index', () => {
  expect(explain(['type-1'])).toEqual([BY_TYPE])
})

test('a few types: their ranges merged, nothing sorted', () => {
  const steps = explain(typesOf(3))
  expect(steps.filter((step) => step === BY_TYPE).length).toBe(3)
  expect(steps.filter((step) => !step.startsWith('SEARCH')).join()).not.toContain('TEMP B-TREE')
})

test.each([15, 1000])('most of the log or a thousand types (%i): by position, nothing sorted', (count) => {
  const steps = explain(typesOf(count))
  expect(steps[0]).toBe(BY_POSITION)
  expect(steps.join()).not.toContain('TEMP B-TREE FOR ORDER BY')
})
