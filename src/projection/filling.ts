import { isGone, leaseOwner } from '../process-owner.ts'
import { otherEventStore } from '../report-store/report-name.ts'
import type { Generation, ReportStatus } from '../report-store/report-store.ts'
import { CatchUp } from './catch-up.ts'
import { readPlan } from './event-types.ts'
import { FillWriter } from './fill-writer.ts'
import { HeldLease, LEASE_MS } from './held-lease.ts'
import { OwnOutcome } from './own-outcome.ts'
import { diffGenerations } from './replay-diff.ts'
import { replayInterrupted, replayLost, replayRunning } from './replay-failure.ts'
import type { ReplayResult, SharedReplayOptions } from './replay-types.ts'
import { newReport } from './report-shape.ts'
import { runResult } from './run-result.ts'
import type { ProjectionToRun } from './run-types.ts'

/** The next generation of a report, under a lease. */
interface Next {
  /** In use; null: there is none. */
  before: ReportStatus | null
  report: ReportStatus
  lease: HeldLease
  writer: FillWriter
  catchUp: CatchUp
}

/** The replay of one report: it fills the next generation, and switches to it. */
export class Filling extends OwnOutcome<ReplayResult> {
  readonly #projection: ProjectionToRun
  readonly #options: SharedReplayOptions
  #startedAt = 0
  #next: Next | null = null
  #isSwitched = false

  constructor(projection: ProjectionToRun, options: SharedReplayOptions) {
    super()
    this.#projection = projection
    this.#options = options
  }

  get catchUp(): CatchUp | null {
    return this.#next?.catchUp ?? null
  }

  /** Makes the generation. */
  async begin(eventStoreId: string): Promise<void> {
    await this.step(async () => {
      const { reportStore, owner = leaseOwner(), keepSkips = false, now = Date.now } = this.#options
      const { name, definition, eventTypes = [] } = this.#projection
      this.#startedAt = now()
      const plan = readPlan(definition, eventTypes)
      const before = await reportStore.status(name)
      if (before !== null && before.eventStoreId !== eventStoreId) {
        throw otherEventStore(before, reportStore.url)
      }
      await this.#dropLeftovers()
      const report = await reportStore.begin(newReport(name, eventStoreId, definition))
      const taken = await reportStore.acquire(report, owner, LEASE_MS, isGone)
      if (!taken.granted) throw replayLost(name)
      const lease = new HeldLease(reportStore, report, taken.token)
      const skips = keepSkips ? (before?.skipped ?? []).map(({ id }) => id) : []
      const { maxRows } = this.#options
      const writer = new FillWriter([reportStore, report, definition, plan, lease, skips], maxRows)
      const catchUp = new CatchUp(this.#options, writer, plan.types)
      this.#next = { before, report, lease, writer, catchUp }
      return null
    })
  }

  /** After a pass: does it go on? */
  async checkPass(): Promise<void> {
    await this.step(async () => {
      const { name } = this.#projection
      const { end = null, failure = null } = this.#next?.catchUp ?? {}
      if (end === 'interrupted') throw replayInterrupted(name)
      if (end === 'lost') throw replayLost(name)
      if (end === 'failed') throw failure
      return null
    })
  }

  /** Writes what is still in memory, compares or switches. */
  async finish(): Promise<void> {
    await this.step(async () => {
      if (this.#next === null) return null
      const { before, report, lease, writer } = this.#next
      const { reportStore, diff: compares = false } = this.#options
      if (!(await writer.finish())) throw replayLost(report.name)
      const diff = compares && before !== null ? await diffGenerations(reportStore, before, report) : null
      if (!compares) {
        this.#isSwitched = await reportStore.switchTo(report, lease.token)
        if (!this.#isSwitched) throw replayLost(report.name)
        // what has happened must not be told as a failure; the next replay finds what is left
        if (before !== null) await this.#dropReader(before)
      }
      const after: ReportStatus = { ...report, ...writer.state }
      const run = { ...this.#options, ...this.#projection }
      const result = runResult(run, this.#startedAt, report, {}, writer, after)
      return { ...result, before: before?.generation ?? null, switched: this.#isSwitched, diff }
    })
  }

  /** Gives the lease back, and takes away what was not switched to. */
  async close(): Promise<void> {
    if (this.#next === null) return
    const { report, lease } = this.#next
    await lease.release()
    if (this.#isSwitched) return
    // the generation last: whoever is killed in between is found by it
    await this.#dropReader(report)
    await this.#options.reportStore.drop(report).catch(() => undefined)
  }

  async #dropReader(of: Generation): Promise<void> {
    const { reportStore, eventStore } = this.#options
    await eventStore.readers.drop({ reportStore: reportStore.url, ...of }).catch(() => undefined)
  }

  /** Generations of replays that were cut off, and those that a switch has left behind. */
  async #dropLeftovers(): Promise<void> {
    const { reportStore, eventStore, owner = leaseOwner() } = this.#options
    const { name } = this.#projection
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
}
