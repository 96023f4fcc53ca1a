import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { EventLog, type LogFilter } from '../../src/event-log/event-log.ts'
import { summarise } from '../../src/event-log/summarise.ts'
import { DirectoryObjectStore } from '../../src/object-store/directory.ts'
import type { EventStoreDatabase } from '../contracts/event-store.contract.ts'
import { mongoDatabases } from '../event-store/mongo-database.ts'
import { temporaryDatabase } from '../event-store/temporary-database.ts'
import { all, plain, plainEvents, storedEvents } from '../segment/support.ts'
import { describeWithMongod, type ReplicaSet, startReplicaSet } from '../servers/mongod.ts'
import { type Move, Mover, moves } from './moves.ts'
import { TestArchive } from './test-archive.ts'

interface Scene {
  log: EventLog
  mover: Mover
}

/** Events in a store of their own, with an archive. */
async function withLog(
  database: EventStoreDatabase,
  events: readonly StoredEvent[],
  check: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'demetra-log-'))
  const store = await database.open()
  try {
    await store.append(events)
    const objects = new DirectoryObjectStore(folder)
    const mover = new Mover(await TestArchive.begin(store, objects), events)
    await check({ log: new EventLog(store, () => Promise.resolve(objects)), mover })
  } finally {
    await store.close()
    await database.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is chosen of some events; numbers choose among them. */
interface Choice {
  after: number | null
  upTo: number | null
  types: number[] | null
  of: 'aggregate' | 'correlation' | 'both' | null
  like: number
}
const choices = fc.record({
  after: fc.option(fc.nat(29)),
  upTo: fc.option(fc.nat(29)),
  types: fc.option(fc.array(fc.nat(29), { maxLength: 12 })),
  of: fc.constantFrom(null, null, null, 'aggregate', 'correlation', 'both'),
  like: fc.nat(29),
})

/** A filter, and the plain list of what it lets through. */
function filtered(
  events: readonly StoredEvent[],
  choice: Choice,
): { filter: LogFilter; wanted: StoredEvent[] } {
  const at = (n: number): StoredEvent | undefined => events[n % events.length]
  const [after, upTo, like] = [
    choice.after === null ? undefined : at(choice.after),
    choice.upTo === null ? undefined : at(choice.upTo)?.position,
    at(choice.like),
  ]
  const types = choice.types?.map((n) => at(n)?.type ?? '')
  const aggregateId = choice.of === null || choice.of === 'correlation' ? undefined : like?.aggregateId
  const correlationId = choice.of === null || choice.of === 'aggregate' ? null : (like?.correlationId ?? null)
  const filter: LogFilter = {
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(types === undefined ? {} : { types }),
    ...(aggregateId === undefined ? {} : { aggregateId }),
    ...(correlationId === null ? {} : { correlationId }),
  }
  const wanted = events
    .slice(after === undefined ? 0 : events.indexOf(after) + 1)
    .filter(
      (event) =>
        (upTo === undefined || event.position <= upTo) &&
        (types === undefined || types.includes(event.type)) &&
        (aggregateId === undefined || event.aggregateId === aggregateId) &&
        (correlationId === null || event.correlationId === correlationId),
    )
  return { filter, wanted }
}

function eventLogTests(create: () => Promise<EventStoreDatabase>, numRuns: number): void {
  const given = <T extends unknown[]>(
    values: { [K in keyof T]: fc.Arbitrary<T[K]> },
    check: (scene: Scene, events: StoredEvent[], ...values: T) => Promise<void>,
  ): Promise<void> =>
    fc.assert(
      fc.asyncProperty(storedEvents, fc.tuple(...values), async (events, drawn) => {
        const database = await create()
        await withLog(database, events, (scene) => check(scene, events, ...(drawn as T)))
      }),
      { numRuns, endOnFailure: true },
    )

  test('is the plain list, however it is split over store and segments', () =>
    given<[Move[], Choice[], number]>(
      [moves(6), fc.array(choices, { minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 12 })],
      async ({ log, mover }, events, made, chosen, batchEvents) => {
        for (const move of made) await mover.make(move)
        expect((await all(log.read())).map(plain)).toEqual(events)
        for (const choice of chosen) {
          const { filter, wanted } = filtered(events, choice)
          const batches: StoredEvent[][] = []
          for await (const batch of log.read({ ...filter, batchEvents })) batches.push(batch)
          expect(batches.flat().map(plain)).toEqual(wanted)
          if (filter.aggregateId === undefined && filter.correlationId === undefined)
            for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(batchEvents)
        }
      },
    ))

  test('gives each event once while events are archived and brought back', () =>
    given<[Move[], Move[], number]>(
      [moves(3), moves(8), fc.integer({ min: 1, max: 5 })],
      async ({ log, mover }, events, before, during, batchEvents) => {
        for (const move of before) await mover.make(move)
        const found: StoredEvent[] = []
        for await (const batch of log.read({ batchEvents })) {
          found.push(...batch)
          const move = during.shift()
          if (move !== undefined) await mover.make(move)
        }
        expect(found.map(plain)).toEqual(events)
      },
    ))

  test('misses nothing of what is archived right in front of where it reads', async () => {
    const events = plainEvents(40)
    await withLog(await create(), events, async ({ log, mover }) => {
      const found: StoredEvent[] = []
      for await (const batch of log.read({ batchEvents: 3 })) {
        found.push(...batch)
        await mover.archive(events.slice(found.length, found.length + 12))
      }
      expect(found.map(plain)).toEqual(events)
    })
  })

  test('counts, finds and follows what is live and what is archived', () =>
    given<[Move[], number, number]>(
      [moves(4), fc.nat(29), fc.nat(29)],
      async ({ log, mover }, events, made, from, to) => {
        for (const move of made) await mover.make(move)
        const [after, upTo] = [events[from % events.length], events[to % events.length]]
        if (after === undefined || upTo === undefined) return
        const between = events.slice(events.indexOf(after) + 1, events.indexOf(upTo) + 1)
        expect(await log.summary(after, upTo)).toEqual(await summarise([between], upTo))
        for (const event of events) {
          const found = await log.find(event.id)
          expect(found && plain(found.event)).toEqual(event)
          expect(found?.archived === null).toBe(mover.isLive(event))
        }
        const id = after.correlationId ?? after.aggregateId
        expect((await all(log.history(id))).map(plain)).toEqual(
          events.filter(({ aggregateId, correlationId }) => aggregateId === id || correlationId === id),
        )
      },
    ))
}

describe('the event log on SQLite', () => {
  eventLogTests(temporaryDatabase, 12)
})

describeWithMongod('the event log on MongoDB', () => {
  let set: ReplicaSet
  beforeAll(async () => {
    set = await startReplicaSet({ members: 1 })
  })
  afterAll(() => set.stop())
  eventLogTests(
    mongoDatabases((name) => set.url(name)),
    4,
  )
})
