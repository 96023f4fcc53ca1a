import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReportStore } from '../report-store/open.ts'
import type { ReportStore } from '../report-store/report-store.ts'
import { CatchUp } from './catch-up.ts'
import { readPlan } from './event-types.ts'
import { FillWriter } from './fill-writer.ts'
import { HeldLease, LEASE_MS } from './held-lease.ts'
import { Pass } from './pass.ts'
import { newReport } from './report-shape.ts'
import type { RunLog, RunOptions } from './run-types.ts'

export type AsOfOptions = Pick<
  RunOptions,
  'name' | 'definition' | 'eventTypes' | 'eventStore' | 'signal' | 'onProgress'
> & {
  /** The log up to here makes the report, the whole position. */
  upTo: bigint
}

const BATCH_EVENTS = 20_000

/**
 * The report that the log up to a position gives, as the projection is today: in a report store of its own, in a
 * temporary file that goes when it is closed. The event store hears nothing of it.
 */
export async function reportAsOf(
  options: AsOfOptions,
): Promise<{ store: ReportStore; close: () => Promise<void> }> {
  const { name, definition, eventStore, upTo } = options
  const folder = await mkdtemp(join(tmpdir(), 'demetra-as-of-'))
  const store = await openReportStore(`sqlite:${join(folder, 'report.db')}`)
  const close = async (): Promise<void> => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const plan = readPlan(definition, options.eventTypes ?? [])
    const report = await store.open(newReport(name, await eventStore.storeId(), definition))
    const lease = await store.acquire(report, 'as of', LEASE_MS)
    if (!lease.granted) throw new Error('a new report is held by somebody')
    const held = new HeldLease(store, report, lease.token)
    try {
      const writer = new FillWriter([store, report, definition, plan, held, []])
      const stores = { reportStore: store, eventStore: unheard(eventStore) }
      const catchUp = new CatchUp(stores, writer, plan.types)
      const pass = new Pass({ ...options, ...stores, batchEvents: BATCH_EVENTS }, [catchUp])
      const stable = await eventStore.stablePosition()
      await pass.run(upTo < stable ? upTo : stable)
      options.signal?.throwIfAborted()
      if (catchUp.end === 'failed') throw catchUp.failure
      await writer.finish()
    } finally {
      await held.release()
    }
  } catch (error) {
    await close()
    throw error
  }
  return { store, close }
}

/** An event log that is told nothing of who reads it: what is read here is read once, and forgotten. */
function unheard(eventStore: RunLog): RunLog {
  return {
    storeId: () => eventStore.storeId(),
    newestPosition: () => eventStore.newestPosition(),
    stablePosition: () => eventStore.stablePosition(),
    summary: (after, upTo) => eventStore.summary(after, upTo),
    read: (options) => eventStore.read(options),
    readers: {
      advance: ({ readTo }) => Promise.resolve({ mayReadTo: readTo }),
      list: () => Promise.resolve([]),
      drop: () => Promise.resolve(),
    },
    backfills: eventStore.backfills,
  }
}
