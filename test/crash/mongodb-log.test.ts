import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
} from '../servers/mongod.ts'
import { startTcpProxy } from '../servers/tcp-proxy.ts'
import { expectSameLog, rounds, underFault } from './mongodb/under-fault.ts'
import { indexBehindTransaction } from './mongodb/index-behind-transaction.ts'
import type { Writers } from './mongodb/writers.ts'

/** For as many rounds as a soak may ask for. */
const timeout = 3_600_000

describeWithMongod('no reader below the stable position is overtaken, on a server alone', () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(() => server.stop())

  it('that stands still', { timeout }, async () => {
    const fault = async (round: number) => {
      await delay(Math.random() * 500)
      await server.pause()
      await delay(round % 5 === 0 ? 20_000 : 1000 + Math.random() * 5000)
      await server.resume()
    }
    expectSameLog(await underFault({ url: server.url('still'), rounds: rounds(4), fault }))
  })

  it('behind a network that holds what a writer sends, or what it is answered', { timeout }, async () => {
    await using proxy = await startTcpProxy(server.port)
    const url = server.url('held')
    const firstUrl = url.replace(`:${server.port}`, `:${proxy.port}`)
    const outcome = await underFault({
      url,
      firstUrl,
      rounds: rounds(3),
      fault: async (round, writers) => {
        if (round % 3 === 1) proxy.holdReplies()
        else proxy.hold()
        await delay(round % 3 === 0 ? 15_000 : 7000)
        // what a dead writer has sent arrives all the same
        if (round % 3 === 2) await writers.killAndReplace(0)
        proxy.release()
        proxy.releaseReplies()
      },
    })
    expectSameLog(outcome)
  })

  it('whose writers are killed', { timeout }, async () => {
    const fault = async (round: number, writers: Writers) => {
      await delay(Math.random() * 1000)
      await writers.killAndReplace(round)
    }
    expectSameLog(await underFault({ url: server.url('killed'), rounds: rounds(5), fault }))
  })

  it(
    'and a writer that gives positions itself and is held up is seen to break that',
    { timeout },
    async () => {
      await using proxy = await startTcpProxy(server.port)
      const url = server.url('own_stamps')
      const { followers, reports, log } = await underFault({
        url,
        firstUrl: url.replace(`:${server.port}`, `:${proxy.port}`),
        firstStamps: true,
        rounds: 1,
        fault: async (_round, _writers, allPass) => {
          proxy.hold()
          await allPass()
          proxy.release()
        },
      })
      for (const { fold } of followers) {
        expect(fold.toJSON().sha256).not.toBe(log.toJSON().sha256)
        expect(fold.differences(log)).not.toEqual([])
      }
      for (const { alarms, is, must } of reports) {
        expect(alarms[0]).toContain('the log has changed below what the report had read')
        expect(is).not.toEqual(must)
      }
    },
  )
})

describeWithMongod('no reader below the stable position is overtaken, on a replica set of one', () => {
  let set: ReplicaSet
  beforeAll(async () => {
    set = await startReplicaSet()
  })
  afterAll(() => set.stop())

  it('where an index waits for a transaction, and all inserts wait for the index', { timeout }, async () => {
    const url = set.url('queued')
    const fault = (round: number) => indexBehindTransaction(url, 2000 + (round % 3) * 3000)
    expectSameLog(await underFault({ url, rounds: rounds(3), fault }))
  })
})

describeWithMongod('no reader below the stable position is overtaken, on a replica set of three', () => {
  let set: ReplicaSet
  beforeAll(async () => {
    set = await startReplicaSet({ members: 3 })
  })
  afterAll(() => set.stop())

  it('whose primary is killed', { timeout }, async () => {
    const fault = async (_: number, writers: Writers) => {
      const primary = await set.whole()
      await primary.kill()
      try {
        await writers.goOn()
      } finally {
        await primary.restart()
      }
    }
    expectSameLog(await underFault({ url: set.url('killed'), rounds: rounds(2), fault }))
  })

  it('whose primary stands still until another has taken its place', { timeout }, async () => {
    const fault = async (_: number, writers: Writers) => {
      const primary = await set.whole()
      await primary.pause()
      try {
        await writers.goOn()
      } finally {
        await primary.resume()
      }
    }
    expectSameLog(await underFault({ url: set.url('still'), rounds: rounds(2), fault }))
  })

  it('whose primary steps down', { timeout }, async () => {
    const fault = async () => {
      await set.stepDown()
    }
    expectSameLog(await underFault({ url: set.url('stepped'), rounds: rounds(2), fault }))
  })
})
