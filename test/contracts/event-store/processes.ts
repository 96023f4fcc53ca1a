import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { LogPoint } from '../../../src/event/event.ts'
import { all, anEvent, type EventStoreHarness, events, ids, Opened, START } from './fixture.ts'

const CHILD = fileURLToPath(new URL('./append-child.ts', import.meta.url))

function appender(url: string, name: string, calls: number, count: number): ChildProcess {
  return spawn(process.execPath, [CHILD, url, name, String(calls), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

export function processTests(harness: EventStoreHarness): void {
  describe('several processes', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('append at once: nothing lost, nothing doubled, nothing below what a reader has seen', async () => {
      const database = await opened.database()
      const store = await database.open()
      const [names, calls, count] = [['ann', 'bob', 'cid'], 30, 20]
      const children = names.map((name) => appender(database.url, name, calls, count))
      const ended = Promise.all(children.map((child) => once(child, 'exit')))
      const writers = { running: true }
      void ended.then(() => (writers.running = false))

      // A reader that never looks back: what it has seen must be how the log begins.
      const seen: string[] = []
      let after: LogPoint = START
      let stable = 0n
      do {
        await nextTurn()
        stable = await store.stablePosition()
        for await (const batch of store.read({ after, upTo: stable })) {
          seen.push(...ids(batch))
          after = batch.at(-1)!
        }
      } while (writers.running || stable < (await store.newestPosition()))

      expect((await ended).map(([code]) => code)).toEqual([0, 0, 0])
      const log = await all(store.read())
      expect(seen).toEqual(ids(log))
      const own = names.flatMap((name) =>
        Array.from({ length: calls }, (_, call) =>
          events(count, (n) => anEvent(`${name} ${call} ${n}`)),
        ).flat(),
      )
      const shared = events(calls, (call) => anEvent(`shared ${call}`))
      expect(ids(log).toSorted()).toEqual(ids([...own, ...shared]).toSorted())
      // Each process's own events stand in its order.
      const places = new Map(ids(log).map((id, place) => [id, place]))
      for (const name of names) {
        const order = ids(own.filter((event) => event.aggregateId.startsWith(`order/${name}`)))
        const placed = order.map((id) => places.get(id)!)
        expect(placed).toEqual(placed.toSorted((a, b) => a - b))
      }
    })

    test.each([20, 3000])(
      'killed while it appends %i events a call: what was acknowledged is there',
      async (count) => {
        const database = await opened.database()
        const child = appender(database.url, 'ann', 1_000_000, count)
        let acknowledged = 0
        for await (const line of createInterface({ input: child.stdout! })) {
          acknowledged = Number(line) + 1
          if (acknowledged >= 4) child.kill('SIGKILL')
        }
        expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGKILL')

        const store = await database.open()
        const log = await all(store.read())
        const call = (k: number) => [
          anEvent(`shared ${k}`),
          ...events(count, (n) => anEvent(`ann ${k} ${n}`)),
        ]
        const told = ids(Array.from({ length: acknowledged }, (_, k) => call(k)).flat())
        expect(ids(log).slice(0, told.length)).toEqual(told)
        if (harness.capabilities.atomicProgress) expect(log.length % (count + 1)).toBe(0)
        expect((await store.statistics()).events).toBe(log.length)
        expect((await store.append(call(acknowledged))).conflicts).toBe(0)
      },
    )
  })
}
