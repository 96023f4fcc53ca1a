import { isGone, leaseOwner } from '../process-owner.ts'
import { pause } from '../pause.ts'
import { otherEventStore } from '../report-store/report-name.ts'
import type { ReportStatus } from '../report-store/report-store.ts'
import { CatchUp } from './catch-up.ts'
import { readPlan } from './event-types.ts'
import { FillFold } from './fill-fold.ts'
import { HeldLease, LEASE_MS } from './held-lease.ts'
import { diffGenerations, type ReportDiff } from './replay-diff.ts'
import { replayInterrupted, replayLost, replayRunning } from './replay-failure.ts'
import { newReport } from './report-shape.ts'
import { ReportWriter } from './report-writer.ts'
import type { RunOptions, RunResult } from './run-types.ts'
import { runResult } from './run-result.ts'
import { settledPosition } from './settled-position.ts'

export interface ReplayOptions extends Omit<RunOptions, 'skip' | 'wait'> {
  /** Steps over the events that the generation in use has stepped over. */
  keepSkips?: boolean
  /** Rows kept in memory at most. */
  maxRows?: number
  /** Compares with the generation in use, and does not switch. */
  diff?: boolean
}

export interface ReplayResult extends RunResult {
  /** The generation that was in use before; null: there was none. */
  before: number | null
  switched: boolean
  /** With `diff`. */
  diff: ReportDiff | null
}

/** Events in a batch: nothing is written in between, and few at a time are garbage before they grow old. */
const BATCH_EVENTS = 1000
/** Rounds of catching up before the switch: what comes in meanwhile is left to the next projection run. */
const ROUNDS = 3
const BACKFILL_POLL_MS = 1000

/**
 * Fills the next generation of a report from the whole log, beside the one in use, and switches to it in one step. One
 * that was cut off begins anew: its code may have changed since.
 *
 * @throws DemetraError as `runProjection`; DEMETRA_REPLAY_RUNNING, exit 11, where another replay is at it
 */
export async function runReplay(options: ReplayOptions): Promise<ReplayResult> {
  const { name, definition, eventStore, reportStore, signal, now = Date.now } = options
  const startedAt = now()
  const plan = readPlan(definition, options.eventTypes ?? [])
  const eventStoreId = await eventStore.storeId()
  const before = await reportStore.status(name)
  if (before !== null && before.eventStoreId !== eventStoreId) throw otherEventStore(before, reportStore.url)
  await dropLeftovers(options)
  const report = await reportStore.begin(newReport(name, eventStoreId, definition))
  const lease = await reportStore.acquire(report, options.owner ?? leaseOwner(), LEASE_MS, isGone)
  if (!lease.granted) throw replayLost(name)
  const held = new HeldLease(reportStore, report, lease.token)
  let switched = false
  try {
    const fill = new FillFold(definition, options.maxRows)
    const skips = options.keepSkips === true ? (before?.skipped ?? []) : []
    const writer = new ReportWriter(
      reportStore,
      report,
      definition,
      plan,
      held,
      skips.map(({ id }) => id),
      fill,
    )
    const run = { ...options, batchEvents: options.batchEvents ?? BATCH_EVENTS }
    for (let round = 0; round < ROUNDS; round += 1) {
      const target = await settledPosition(eventStore, signal)
      const end = await new CatchUp(run, writer, plan.types, target).run()
      if (end === 'interrupted') throw replayInterrupted(name)
      if (end === 'lost') throw replayLost(name)
      // a report that ends below what is being imported must not take the place of one that may hold more
      if (end === 'below-backfill') {
        round -= 1
        await pause(BACKFILL_POLL_MS, signal)
        continue
      }
      if ((await eventStore.newestPosition()) <= target) break
    }
    if (!(await writer.finish())) throw replayLost(name)
    const diff =
      options.diff === true && before !== null ? await diffGenerations(reportStore, before, report) : null
    if (options.diff !== true) {
      switched = await reportStore.switchTo(report, held.token)
      if (!switched) throw replayLost(name)
      if (before !== null) await eventStore.readers.drop({ reportStore: reportStore.url, ...before })
    }
    const after: ReportStatus = { ...report, ...writer.state }
    const result = runResult(options, startedAt, report, {}, writer, after)
    return { ...result, before: before?.generation ?? null, switched, diff }
  } finally {
    await held.release()
    if (!switched) {
      // the generation last: whoever is killed in between is found by it
      await eventStore.readers.drop({ reportStore: reportStore.url, ...report }).catch(() => undefined)
      await reportStore.drop(report).catch(() => undefined)
    }
  }
}

/** Generations of replays that were cut off, and those that a switch has left behind. */
async function dropLeftovers({
  name,
  reportStore,
  eventStore,
  owner = leaseOwner(),
}: ReplayOptions): Promise<void> {
  for (const found of await reportStore.generations(name)) {
    if (found.inUse) continue
    const inUse = (await reportStore.status(name))?.generation ?? 0
    const lease = await reportStore.acquire(found, owner, LEASE_MS, isGone)
    // a projection run that has not moved over yet
    if (!lease.granted && found.generation < inUse) continue
    if (!lease.granted) throw replayRunning(found, lease)
    await eventStore.readers.drop({ reportStore: reportStore.url, ...found })
    await reportStore.drop(found)
  }
}
