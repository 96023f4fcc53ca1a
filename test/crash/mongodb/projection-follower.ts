import { setTimeout as delay } from 'node:timers/promises'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { follow } from '../../../src/projection/follow.ts'
import type { Projection } from '../../../src/projection/projection.ts'
import { runProjection } from '../../../src/projection/run.ts'
import { openReportStore } from '../../../src/report-store/open.ts'
import { plainFold, wholeReport, type WholeReport } from '../../projection/whole-report.ts'
import { until } from '../../servers/poll.ts'
import { chain } from './chain.ts'
import { isForNow } from './for-now.ts'

const NAME = 'chain'
const PATIENCE_MS = 180_000
const POLL_MS = 100

export interface ProjectionFollowerOptions {
  url: string
  reports: string
  /** As by cron, each run a process of its own; else as by `--follow`. */
  anew?: boolean
}

/** A report at the end of a test. */
export interface FollowedReport {
  kind: string
  /** What its runs have told of it: that it does not follow from the log. */
  alarms: readonly string[]
  is: WholeReport
  /** What the log makes of it. */
  must: WholeReport
}

/** A report that is filled by real projection runs while the log grows. */
export class ProjectionFollower {
  readonly kind: string
  readonly alarms: string[] = []
  readonly #options: ProjectionFollowerOptions
  readonly #definition: Projection
  readonly #following: Promise<void>
  readonly #end = new AbortController()
  #readTo = -1n

  constructor(options: ProjectionFollowerOptions) {
    const { anew = false, reports } = options
    this.kind = `a projection ${anew ? 'from time to time' : 'that follows'}, in ${reports.split(':', 1)[0]}`
    this.#options = options
    this.#definition = chain(anew ? 'order-placed' : '*')
    this.#following = anew ? this.#runAnew() : this.#follow()
    // told by `passes` and `stop`
    this.#following.catch(() => this.#end.abort())
  }

  /** Until everything up to `position` is in the report. */
  async passes(position: bigint): Promise<void> {
    const { signal } = this.#end
    const isOver = () => signal.aborted || this.#readTo >= position
    await until(`${this.kind} passes ${position}`, isOver, PATIENCE_MS)
    if (signal.aborted) await this.#following
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#following
  }

  async outcome(eventStore: EventStore): Promise<FollowedReport> {
    const must = await plainFold(this.#definition, [], eventStore)
    const reportStore = await openReportStore(this.#options.reports)
    try {
      return { kind: this.kind, alarms: this.alarms, is: await wholeReport(reportStore, NAME, must), must }
    } finally {
      await reportStore.close()
    }
  }

  async #runAnew(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await this.#withStores((run) => run())
      } catch (error) {
        if (!isForNow(error)) throw error
      }
      await delay(POLL_MS)
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end
    await this.#withStores((catchUp, eventStore) =>
      follow({ eventStore, catchUp, signal, onTrouble: () => undefined }),
    )
  }

  async #withStores(use: (run: () => Promise<void>, eventStore: EventStore) => Promise<void>): Promise<void> {
    const eventStore = await openEventStore(this.#options.url)
    const reportStore = await openReportStore(this.#options.reports)
    const { signal } = this.#end
    const run = { name: NAME, definition: this.#definition, eventStore, reportStore, signal }
    try {
      await use(async () => {
        const { to, stale } = await runProjection(run)
        this.alarms.push(...stale.map(({ message }) => message))
        this.#readTo = to
      }, eventStore)
    } finally {
      await reportStore.close()
      await eventStore.close()
    }
  }
}
