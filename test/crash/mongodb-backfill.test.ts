import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'
import { until } from '../servers/poll.ts'
import { startTcpProxy } from '../servers/tcp-proxy.ts'
import { Child } from './mongodb/child.ts'
import { Report } from './mongodb/report.ts'
import { checkLog, expectSameLog, rounds } from './mongodb/under-fault.ts'
import { Writers } from './mongodb/writers.ts'

const timeout = 3_600_000
const BACKFILL = new URL('./mongodb/backfill-child.ts', import.meta.url)
const CALLS = 40
const ENDLESS = 100_000
/** Longer than a call takes on a busy machine. */
const SILENT_MS = 10_000
/** The ids of a call are written before its events: 600 of 16 bytes at most. */
const LARGER_THAN_IDS = 12_000

describeWithMongod('a report beside writers and long backfills', () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(() => server.stop())

  it('has read what they wrote, or is told that they wrote below it', { timeout }, async () => {
    const url = server.url('backfilled')
    await using proxy = await startTcpProxy(server.port)
    const heldUrl = url.replace(`:${server.port}`, `:${proxy.port}`)
    const store = await openEventStore(url)
    await store.setup()
    const writers = new Writers(url)
    const report = new Report({ url })
    const backfills: Child[] = []
    const backfill = (of: string, calls: number, ttlMs: number, ...more: string[]) => {
      const name = `b${backfills.length}`
      const child = new Child(BACKFILL, name, [of, name, String(calls), String(ttlMs), ...more])
      backfills.push(child)
      return child
    }
    try {
      await writers.goOn()
      await report.passes(await store.newestPosition())
      const kinds = [
        async () => {
          expect(await backfill(url, CALLS, 60_000).ended()).toBe(0)
        },
        // below all that was read: nobody may miss that
        async () => {
          const { replays } = report
          expect(await backfill(url, CALLS, 60_000, 'stale').ended()).toBe(0)
          await report.passes(await store.newestPosition())
          expect(report.replays).toBeGreaterThan(replays)
        },
        // held on the network for longer than it may be silent: the report goes on in the meantime
        async () => {
          const late = backfill(heldUrl, ENDLESS, SILENT_MS)
          await until('events are on their way', async () => {
            proxy.hold()
            await delay(100)
            const isHeld = proxy.heldBytes > LARGER_THAN_IDS
            if (!isHeld) proxy.release()
            return isHeld
          })
          await report.passes(await store.newestPosition())
          proxy.release()
          expect(await late.ended()).toBe(0)
          expect(late.refusals).toEqual(['DEMETRA_BACKFILL_OVER'])
        },
      ]
      for (let round = 0; round < rounds(3); round += 1) {
        await kinds[round % kinds.length]?.()
        await writers.goOn()
        await report.passes(await store.newestPosition())
      }
      expect(new Set(await writers.stop())).toEqual(new Set([0]))
      await report.passes(await store.newestPosition())
      const log = await checkLog(store, [...writers.all, ...backfills])
      process.stderr.write(
        `backfills: ${rounds(3)} rounds, ${log.events} events, ${report.replays} replays\n`,
      )
      expectSameLog({ followers: [report], reports: [], log })
    } finally {
      await writers.kill()
      await Promise.all(backfills.map((child) => child.end('SIGKILL')))
      await report.stop().catch(() => undefined)
      await store.close()
    }
  })
})
