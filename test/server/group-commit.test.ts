import { afterEach, describe, expect, test, vi } from 'vitest'
import { DemetraError, EXIT } from '../../src/errors.ts'
import { EventError } from '../../src/event/assemble.ts'
import type { NewEvent } from '../../src/event/event.ts'
import { EventList } from '../../src/event-store/event-list.ts'
import type { AppendResult, EventCollection, EventStore } from '../../src/event-store/event-store.ts'
import { GroupCommit } from '../../src/server/group-commit.ts'
import { anEvent, events } from '../contracts/event-store/fixture.ts'

afterEach(() => void vi.useRealTimers())

const LIMITS = { waitingEvents: 100 }

/** A store whose appends end when the test says so. */
class HeldStore {
  readonly capabilities = { ordersAppends: true, appendsInFlight: 4, atomicProgress: true }
  readonly appends: { ids: string[]; end: (error?: Error) => void }[] = []

  collect(): EventCollection {
    return new RefusingList()
  }

  append(collection: EventCollection): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>()
    const written = collection.length
    const ids = Array.from({ length: written }, (_, i) => Buffer.from(collection.id(i)).toString('hex'))
    const result = {
      written,
      duplicates: 0,
      conflicts: 0,
      skipped: 0,
      duplicateIndexes: [],
      conflictIndexes: [],
    }
    this.appends.push({ ids, end: (error) => (error === undefined ? resolve(result) : reject(error)) })
    return promise
  }
}

class RefusingList extends EventList {
  override add(event: NewEvent): void {
    if (event.type === 'too-large') throw new EventError('event-too-large', 'no room')
    super.add(event)
  }
}

function held(): { store: HeldStore; ingest: GroupCommit; failures: unknown[] } {
  const store = new HeldStore()
  const failures: unknown[] = []
  const ingest = new GroupCommit(store as unknown as EventStore, LIMITS, {
    onFailure: (error) => failures.push(error),
  })
  return { store, ingest, failures }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const hex = ({ id }: NewEvent): string => Buffer.from(id).toString('hex')

describe('a group', () => {
  test('of one is stored at once where nothing is under way: no clock is asked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date', 'performance'] })
    const { store, ingest } = held()
    const told = ingest.submit([anEvent('a')])
    await turn()
    expect(store.appends).toHaveLength(1)
    store.appends[0]?.end()
    expect(await told).toEqual(['stored'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is what has come in while the one before was under way, in its order', async () => {
    const { store, ingest } = held()
    const all = events(7, (n) => anEvent(`e${n}`))
    const told = [ingest.submit(all.slice(0, 1))]
    await turn()
    for (const from of [1, 2, 4]) told.push(ingest.submit(all.slice(from, from === 2 ? 4 : from + 1)))
    await turn()
    told.push(ingest.submit(all.slice(5, 7)))
    expect(store.appends.map(({ ids }) => ids)).toEqual([[hex(all[0]!)]])
    store.appends[0]?.end()
    await turn()
    await turn()
    expect(store.appends[1]?.ids).toEqual(all.slice(1).map(hex))
    store.appends[1]?.end()
    expect((await Promise.all(told)).map((outcomes) => outcomes.length)).toEqual([1, 1, 2, 1, 2])
    expect(ingest.counts).toMatchObject({ stored: 7, groups: 2, failed: 0 })
    expect(ingest.waitingEvents).toBe(0)
  })

  test('that cannot be stored is told to all who are in it, and to nobody else', async () => {
    const { store, ingest, failures } = held()
    const before = ingest.submit([anEvent('before')])
    await turn()
    const inIt = [ingest.submit([anEvent('a')]), ingest.submit([anEvent('b'), anEvent('c')])]
    store.appends[0]?.end()
    expect(await before).toEqual(['stored'])
    await turn()
    const after = ingest.submit([anEvent('after')])
    const away = new DemetraError('away', { code: 'DEMETRA_AWAY', exitCode: EXIT.unreachable })
    store.appends[1]?.end(away)
    expect(await Promise.allSettled(inIt)).toEqual(inIt.map(() => ({ status: 'rejected', reason: away })))
    await turn()
    store.appends[2]?.end()
    expect(await after).toEqual(['stored'])
    expect(failures).toEqual([away])
    expect(ingest.counts).toMatchObject({ stored: 2, failed: 3 })
  })

  test('is not failed by an event that the store cannot hold', async () => {
    const { store, ingest } = held()
    const told = ingest.submit([anEvent('a'), anEvent('b', { type: 'too-large' }), anEvent('c')])
    const other = ingest.submit([anEvent('d')])
    await turn()
    store.appends[0]?.end()
    expect(await told).toEqual(['stored', expect.objectContaining({ code: 'event-too-large' }), 'stored'])
    expect(await other).toEqual(['stored'])
    expect(ingest.waitingEvents).toBe(0)
  })
})

test('no more is taken than may wait; what is answered makes room', async () => {
  const { store, ingest } = held()
  const first = ingest.submit(events(60, (n) => anEvent(`a${n}`)))
  await turn()
  const second = ingest.submit(events(40, (n) => anEvent(`b${n}`)))
  await expect(ingest.submit([anEvent('c')])).rejects.toMatchObject({
    code: 'DEMETRA_SERVER_BUSY',
    exitCode: 5,
  })
  store.appends[0]?.end()
  await first
  const third = ingest.submit([anEvent('c')])
  await turn()
  store.appends[1]?.end()
  await Promise.all([second, third])
  expect(ingest.waitingEvents).toBe(0)
})
