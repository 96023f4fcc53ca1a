import { afterAll, beforeAll, it } from 'vitest'
import type { ReplicaSet } from '../servers/mongod.ts'
import { describeWithClock } from '../servers/describe-with-clock.ts'
import {
  startMongodWithClock,
  startReplicaSetWithClock,
  type SteppedClock,
} from '../servers/shifted-clock.ts'
import { expectSameLog, rounds, underFault } from './mongodb/under-fault.ts'

const timeout = 3_600_000
const FIVE_MINUTES_S = 300
/** More than a server and those who write to it need to come back. */
const SECONDS_S = 30

describeWithClock('no reader below the stable position is overtaken, where the clock is stepped', () => {
  let set: ReplicaSet & SteppedClock
  beforeAll(async () => {
    set = await startReplicaSetWithClock()
  })
  afterAll(() => set.stop())

  it('by little, forth and back, on a replica set', { timeout }, async () => {
    const outcome = await underFault({
      url: set.url('little'),
      rounds: rounds(2),
      fault: async (_, writers) => {
        await set.setClockOffset(40)
        await writers.goOn()
        // cluster time goes on with its ordinals
        await set.setClockOffset(0)
        await writers.goOn()
      },
    })
    expectSameLog(outcome)
  })

  it('by minutes, on a replica set: nothing is appended until it is right again', { timeout }, async () => {
    const outcome = await underFault({
      url: set.url('minutes'),
      rounds: rounds(3),
      fault: async (round, writers) => {
        await set.setClockOffset((round + 1) * FIVE_MINUTES_S)
        await writers.goOn()
        await set.setClockOffset(round * FIVE_MINUTES_S)
        await writers.areRefused(/^DEMETRA_CLOCK_(?:BEHIND|AHEAD)$/)
        await set.setClockOffset((round + 1) * FIVE_MINUTES_S)
      },
    })
    expectSameLog(outcome)
  })

  it('and put back while a server alone is down: nothing is appended until then', { timeout }, async () => {
    await using server = await startMongodWithClock()
    const outcome = await underFault({
      url: server.url('restarted'),
      rounds: rounds(2),
      fault: async (round, writers) => {
        const [before, after] = [round * FIVE_MINUTES_S, (round + 1) * FIVE_MINUTES_S]
        // seconds are caught up with, for minutes somebody puts it right
        const stepS = round % 2 === 0 ? SECONDS_S : FIVE_MINUTES_S
        await server.setClockOffset(before + stepS)
        await writers.goOn()
        await server.kill()
        await server.setClockOffset(before)
        await server.restart()
        await writers.areRefused(/^DEMETRA_CLOCK_BEHIND$/)
        if (stepS === FIVE_MINUTES_S) await server.setClockOffset(after)
        await writers.goOn()
        await server.setClockOffset(after)
      },
    })
    expectSameLog(outcome)
  })
})
