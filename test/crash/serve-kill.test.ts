import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatUuid } from '../../src/event/uuid.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { createToken } from '../../src/token/create-token.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { ServeProcess } from '../server/serve-process.ts'
import { freePort } from '../servers/free-port.ts'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
  startTcpProxy,
} from '../servers/mongod.ts'
import type { TcpProxy } from '../servers/tcp-proxy.ts'
import { rounds } from './mongodb/under-fault.ts'
import { mongodFaults, networkFaults, replicaSetFaults, type Fault } from './serve/faults.ts'
import { Senders } from './serve/senders.ts'

const CONNECTIONS = 16

interface StoreUnderTest {
  /** As the server reaches it, and as the test does. */
  serverUrl: string
  url: string
  faults: readonly Fault[]
  /** Until it has got over all that was. */
  whole?: () => Promise<unknown>
}

function faultTest(times: number, create: () => StoreUnderTest): void {
  test(
    `whatever is killed, held or cut, in pairs: what was acknowledged is there, once, in the order in which it was (${times} rounds)`,
    { timeout: 120_000 + times * 400_000 },
    async () => {
      const { serverUrl, url, faults: storeFaults, whole } = create()
      const store = await openEventStore(url)
      const { token } = await createToken(store.tokens, { services: ['core'], read: false, note: null })
      const port = await freePort()
      let serve = await ServeProcess.start({ store: serverUrl, port })
      await using network = await startTcpProxy(port)
      const serveKilled: Fault = {
        name: 'demetra serve killed',
        begin: () => serve.end('SIGKILL'),
        end: async () => {
          serve = await ServeProcess.start({ store: serverUrl, port })
        },
      }
      const faults = [serveKilled, ...networkFaults('the network', network), ...storeFaults]
      const senders = new Senders(`http://127.0.0.1:${network.port}`, token, CONNECTIONS)
      const done: Record<string, number> = {}
      await senders.goOn()
      for (const [first, second] of pairs(faults, times)) {
        const both = [...new Set([first, second])]
        await whole?.()
        for (const fault of both) {
          await fault.begin()
          done[fault.name] = (done[fault.name] ?? 0) + 1
        }
        // a server that is started needs its store
        for (const fault of both.toSorted((a, b) => Number(a === serveKilled) - Number(b === serveKilled))) {
          await fault.end()
        }
        await senders.goOn()
        expect(senders.faults, both.map(({ name }) => name).join(' and ')).toEqual([])
      }
      await senders.stop()
      expect(await serve.end('SIGTERM')).toBe(0)

      let stored = 0
      for await (const batch of store.read()) stored += batch.length
      expect(stored).toBe(senders.events)
      for (const [sender, acknowledged] of senders.acknowledged.entries()) {
        const log: string[] = []
        for await (const batch of store.history({ aggregateId: `sender/${sender}` })) {
          log.push(...batch.map(({ id }) => formatUuid(id)))
        }
        expect(log, `sender ${sender}`).toEqual(acknowledged)
      }
      await store.close()
      const { events, requests, unanswered } = senders
      process.stderr.write(
        `${expect.getState().currentTestName}: ${JSON.stringify({ events, requests, unanswered, ...done })}\n`,
      )
    },
  )
}

/** Each with each, a fault with itself being that fault alone, at random, as often as there are rounds. */
function pairs(faults: readonly Fault[], times: number): [Fault, Fault][] {
  const all = faults.flatMap((first) => faults.map((second): [Fault, Fault] => [first, second]))
  const drawn: [Fault, Fault][] = []
  while (drawn.length < times) {
    const shuffled = all.map((pair) => ({ pair, at: Math.random() })).toSorted((a, b) => a.at - b.at)
    drawn.push(...shuffled.slice(0, times - drawn.length).map(({ pair }) => pair))
  }
  return drawn
}

describe('demetra serve on SQLite', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  faultTest(rounds(4), () => {
    const url = `sqlite:${join(folder.path, `${randomUUID()}.db`)}`
    return { serverUrl: url, url, faults: [] }
  })
})

describeWithMongod('demetra serve', () => {
  describe('on a standalone mongod', () => {
    let server: Mongod
    let network: TcpProxy
    beforeAll(async () => {
      server = await startMongod()
      network = await startTcpProxy(server.port)
    })
    afterAll(async () => {
      await network?.stop()
      await server?.stop()
    })
    faultTest(rounds(3), () => {
      const url = server.url('served')
      const serverUrl = url.replace(`:${server.port}/`, `:${network.port}/`)
      return {
        serverUrl,
        url,
        faults: [...mongodFaults(server), ...networkFaults('the network to mongod', network)],
      }
    })
  })

  describe('on a replica set', () => {
    let set: ReplicaSet
    beforeAll(async () => {
      set = await startReplicaSet({ members: 3 })
    })
    afterAll(() => set?.stop())
    faultTest(rounds(2), () => {
      const url = set.url('served')
      return { serverUrl: url, url, faults: replicaSetFaults(set), whole: () => set.whole() }
    })
  })
})
