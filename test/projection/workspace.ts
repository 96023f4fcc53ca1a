import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewEvent } from '../../src/event/event.ts'
import { parseRfc3339 } from '../../src/event/time.ts'
import { parseUuid } from '../../src/event/uuid.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import type { Projection } from '../../src/projection/projection.ts'
import { runProjection, type RunOptions, type RunResult } from '../../src/projection/run.ts'
import type { RunLog } from '../../src/projection/run-types.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'

/** An event store and a report store in a folder of their own. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'demetra-projection-'))
  readonly #opened: { close(): Promise<void> }[] = []
  eventStore!: EventStore
  reportStore!: ReportStore

  static async open(): Promise<Workspace> {
    const workspace = new Workspace()
    workspace.eventStore = await workspace.openEventStore()
    workspace.reportStore = await workspace.openReportStore()
    return workspace
  }

  get eventStoreUrl(): string {
    return `sqlite:${join(this.folder, 'events.db')}`
  }
  get reportStoreUrl(): string {
    return `sqlite:${join(this.folder, 'reports.db')}`
  }

  /** As another process would. */
  async openEventStore(): Promise<EventStore> {
    return this.#track(await openEventStore(this.eventStoreUrl))
  }
  async openReportStore(name = 'reports.db', now: () => number = Date.now): Promise<ReportStore> {
    return this.#track(await openReportStore(`sqlite:${join(this.folder, name)}`, { now }))
  }

  /** At the end of the log, in this order. */
  async append(...events: readonly TestEvent[]): Promise<void> {
    await this.eventStore.append(events.map((event) => newEvent(event)))
  }

  async run(definition: Projection, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const { eventStore, reportStore } = this
    return runProjection({ name: 'report', definition, eventStore, reportStore, ...options })
  }

  async rows(name = 'report', reportStore = this.reportStore): Promise<Record<string, unknown>[]> {
    const found = await reportStore.read(name)
    const rows: Record<string, unknown>[] = []
    for await (const batch of found?.batches ?? []) {
      for (const values of batch) {
        rows.push(Object.fromEntries((found?.columns ?? []).map(({ name: of }, i) => [of, values[i]])))
      }
    }
    return rows
  }

  async close(): Promise<void> {
    for (const store of this.#opened.splice(0)) await store.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #track<Store extends { close(): Promise<void> }>(store: Store): Store {
    this.#opened.push(store)
    return store
  }
}

/** What a run sees of an event store, with some of it done in another way. */
export function logOf(store: EventStore, instead: Partial<RunLog> = {}): RunLog {
  return {
    storeId: () => store.storeId(),
    newestPosition: () => store.newestPosition(),
    stablePosition: () => store.stablePosition(),
    summary: (after, upTo) => store.summary(after, upTo),
    read: (options) => store.read(options),
    readers: store.readers,
    backfills: store.backfills,
    ...instead,
  }
}

/** What the definitions of event types make when they are called. */
export interface TestEvent {
  id: string
  meta: { service: string; type: string; created_at: string; aggregate_id: string; correlation_id?: string }
  payload: unknown
}

/** Digests play no part in projections: the id stands in. */
export function newEvent(event: TestEvent, position: bigint | null = null): NewEvent {
  const { service, type, created_at, aggregate_id: aggregateId, correlation_id, ...extra } = event.meta
  const id = parseUuid(event.id)
  const createdAt = parseRfc3339(created_at)
  if (id === null || createdAt === null) throw new TypeError(`no id or time: ${JSON.stringify(event)}`)
  return {
    id,
    service,
    type,
    createdAt,
    receivedAt: createdAt + 200,
    aggregateId,
    correlationId: correlation_id ?? null,
    metaExtra: Object.keys(extra).length === 0 ? null : JSON.stringify(extra),
    payload: JSON.stringify(event.payload),
    digest: id,
    position,
  }
}
