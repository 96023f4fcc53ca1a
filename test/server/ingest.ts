import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DemetraError, EXIT } from '../../src/errors.ts'
import type { NewEvent } from '../../src/event/event.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { GroupCommit } from '../../src/server/group-commit.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { anEvent } from '../contracts/event-store/fixture.ts'
import { post } from './post.ts'
import { runningServer } from './running-server.ts'

/** What holds of events that come in together, on a store of either kind. `storeUrl`: of one that nobody has used. */
export function ingestSuite(storeUrl: () => string, runs: number): void {
  describe('events that come in together', () => {
    let together: EventStore
    let oneByOne: EventStore
    beforeAll(async () => {
      together = await openEventStore(storeUrl())
      oneByOne = await openEventStore(storeUrl())
    })
    afterAll(async () => {
      await together.close()
      await oneByOne.close()
    })

    test('have the outcomes that they would have one by one, however they are interleaved', async () => {
      const submissions = fc.array(
        fc.record({
          // few ids and few payloads: duplicates and conflicts, also within a group and within a submission
          events: fc.array(fc.record({ id: fc.nat(5), payload: fc.nat(1) }), { minLength: 1, maxLength: 3 }),
          turnsBefore: fc.nat(2),
        }),
        { minLength: 1, maxLength: 6 },
      )
      await fc.assert(
        fc.asyncProperty(submissions, async (given) => {
          const run = randomUUID()
          const made = given.map(({ events }) =>
            events.map(({ id, payload }) =>
              anEvent(`${run}/${id}`, { payload: `{"n":${payload}}`, aggregateId: run }),
            ),
          )
          const ingest = new GroupCommit(together, DEFAULT_LIMITS)
          const told: Promise<unknown[]>[] = []
          for (const [i, events] of made.entries()) {
            for (let turns = given[i]?.turnsBefore ?? 0; turns > 0; turns -= 1) {
              await new Promise((resolve) => setImmediate(resolve))
            }
            told.push(ingest.submit(events))
          }
          expect((await Promise.all(told)).flat()).toEqual(await outcomesOneByOne(oneByOne, made.flat()))
          expect(await logOf(together, run)).toEqual(await logOf(oneByOne, run))
        }),
        { numRuns: runs },
      )
    })
  })

  test('requests share appends, and each connection’s events stand in the order in which they were sent', async () => {
    const server = await runningServer({ storeUrl: storeUrl() })
    const connections = Array.from({ length: 32 }, (_, connection) => connection)
    await Promise.all(
      connections.map(async (connection) => {
        for (let n = 0; n < 5; n += 1) expect((await post(server.url, line(connection, n))).status).toBe(200)
      }),
    )
    for (const connection of connections) {
      const stored = await logOf(server.store, `connection/${connection}`)
      expect(stored.map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4].map((n) => `{"n":${n}}`))
    }
    expect(server.ingest.counts.stored).toBe(160)
    expect(server.ingest.counts.groups).toBeLessThan(100)
    // the same event from many at once is stored once
    const same = await Promise.all(connections.map(() => post(server.url, line(99, 1))))
    expect(same.map(({ status }) => status).toSorted()).toEqual([200, ...connections.slice(1).map(() => 409)])
    await server.stop()
  })

  test('a commit that fails is 503 for all who waited on it; sent again, each is stored once', async () => {
    let isAway = true
    const store = await openEventStore(storeUrl())
    const failing = new Proxy(store, {
      get: (target, name) => {
        if (name === 'append' && isAway) return () => Promise.reject(away())
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    const server = await runningServer({ store: failing })
    const send = () =>
      Promise.all([
        ...Array.from({ length: 10 }, (_, n) => post(server.url, line(1, n))),
        post(server.url, `${line(2, 0)}\n{"bad":1}\n${line(2, 1)}\n`, { type: 'application/x-ndjson' }),
        post(server.url, `${line(3, 0)}\n${line(3, 1)}\n`, { type: 'application/x-ndjson' }),
      ])
    const failed = await send()
    for (const { status, headers, body } of failed.slice(0, 10)) {
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { outcome: 'failed', error: { code: 'DEMETRA_AWAY' } },
      })
      expect(headers.get('retry-after')).toBe('1')
    }
    expect(failed[10]).toMatchObject({
      status: 207,
      body: { failed: 2, refused: 1, results: [{}, { status: 400 }, {}] },
    })
    expect(failed[11]).toMatchObject({ status: 503, body: { failed: 2, stored: 0 } })
    expect(JSON.stringify(failed)).not.toContain('password')
    isAway = false
    expect((await send()).map(({ status }) => status)).toEqual([...Array(10).fill(200), 207, 200])
    await server.stop()
  })
}

function away(): DemetraError {
  return new DemetraError('mongodb://user:password@host/ is away', {
    code: 'DEMETRA_AWAY',
    exitCode: EXIT.unreachable,
  })
}

function line(connection: number, n: number): string {
  const id = createHash('md5').update(`${connection}/${n}`).digest('hex')
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-')
  return (
    `{"id":"${uuid}","meta":{"service":"core","type":"t","created_at":"2016-01-01T00:00:00.000Z",` +
    `"aggregate_id":"connection/${connection}"},"payload":{"n":${n}}}`
  )
}

async function outcomesOneByOne(store: EventStore, events: readonly NewEvent[]): Promise<string[]> {
  const outcomes: string[] = []
  for (const event of events) {
    const { written, duplicates } = await store.append([event])
    outcomes.push(written === 1 ? 'stored' : duplicates === 1 ? 'duplicate' : 'conflict')
  }
  return outcomes
}

async function logOf(store: EventStore, aggregateId: string): Promise<{ id: Uint8Array; payload: string }[]> {
  const log = []
  for await (const batch of store.history({ aggregateId })) {
    for (const { id, payload } of batch) log.push({ id, payload })
  }
  return log
}
