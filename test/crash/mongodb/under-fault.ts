import { expect } from 'vitest'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import type { Child } from './child.ts'
import { Follower } from './follower.ts'
import { LogFold } from './log-fold.ts'
import { type FollowedReport, ProjectionFollower } from './projection-follower.ts'
import { reportUrls } from './report-urls.ts'
import { AggregateOrder } from './writer-events.ts'
import { type WriterOptions, Writers } from './writers.ts'

/** For a long soak: `DEMETRA_FAULT_ROUNDS=50 npx vitest run test/crash/mongodb-log.test.ts`. */
export const rounds = (usual: number): number => Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? usual)

export interface FaultTest extends WriterOptions {
  url: string
  rounds: number
  /**
   * Returns when it is over; what is asked for of writers in it is checked by the test itself. `allPass` resolves when
   * all who follow have read what was written three seconds after it was called.
   */
  fault(round: number, writers: Writers, allPass: () => Promise<void>): Promise<void>
}

/** What is left when all have stopped: the log as it was followed, by bare readers and by reports, and as it is. */
export interface Outcome {
  followers: readonly Follower[]
  reports: readonly FollowedReport[]
  log: LogFold
}

/** Four writers, two followers and two reports at work while a fault comes and goes; then whatever they say must be true. */
export async function underFault(test: FaultTest): Promise<Outcome> {
  const store = await openEventStore(test.url)
  await store.setup()
  const writers = new Writers(test.url, test)
  const followers = [new Follower(test), new Follower({ ...test, anew: true })]
  const [reportsOfOne, reportsOfOther] = await reportUrls()
  const projections = [
    new ProjectionFollower({ url: test.url, reports: reportsOfOne, anew: true }),
    new ProjectionFollower({ url: test.url, reports: reportsOfOther }),
  ]
  const following = [...followers, ...projections]
  const allPass = async (): Promise<void> => {
    const ahead = (await store.newestPosition()) + (3n << 31n)
    for (const each of following) await each.passes(ahead)
  }
  try {
    await writers.goOn()
    for (let round = 0; round < test.rounds; round += 1) {
      await test.fault(round, writers, allPass)
      await writers.goOn()
    }
    expect(new Set(await writers.stop())).toEqual(new Set([0]))
    const newest = await store.newestPosition()
    for (const each of following) await each.passes(newest)
    const log = await checkLog(store, writers.all)
    process.stderr.write(
      `${expect.getState().currentTestName}: ${test.rounds} rounds, ${log.events} events\n`,
    )
    const reports: FollowedReport[] = []
    for (const projection of projections) reports.push(await projection.outcome(store))
    return { followers, reports, log }
  } finally {
    await writers.kill()
    await Promise.allSettled(following.map((each) => each.stop()))
    await store.close()
  }
}

/** Each acknowledged event is there once and in its place, and is counted. */
export async function checkLog(store: EventStore, children: readonly Child[]): Promise<LogFold> {
  const log = new LogFold()
  const order = new AggregateOrder()
  for await (const batch of store.read()) {
    for (const event of batch) {
      log.add(event)
      order.add(event)
    }
  }
  expect(order.problems.slice(0, 10)).toEqual([])
  const incomplete = children.filter(({ name, events }) => !order.holds(name, events))
  expect(incomplete.map(({ name, events }) => `${name}: ${order.stored(name)} of ${events}`)).toEqual([])
  expect((await store.statistics()).events).toBe(log.events)
  return log
}

/** Nothing has appeared below where a follower had read: no report has missed an event, or was said to have. */
export function expectSameLog({ followers, reports, log }: Outcome): void {
  for (const { kind, fold } of followers) {
    expect(fold.differences(log), `where ${kind} has read otherwise`).toEqual([])
    expect(fold.toJSON(), kind).toEqual(log.toJSON())
  }
  for (const { kind, alarms, is, must } of reports) {
    expect(alarms, `what ${kind} was told`).toEqual([])
    expect(is, kind).toEqual(must)
  }
}
