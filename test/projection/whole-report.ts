import type { EventDefinition } from '../../src/event/define-event.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { readPlan } from '../../src/projection/event-types.ts'
import type { Projection } from '../../src/projection/projection.ts'
import { trial } from '../../src/projection/trial.ts'
import type { ColumnValue } from '../../src/report-store/report-column.ts'
import type { ReportPart, ReportStore, StoredRow } from '../../src/report-store/report-store.ts'

interface KeyedRow {
  key: readonly ColumnValue[]
  row: StoredRow | null
}

/** All that a report is, also what nobody is shown: two are equal to the byte where these are. */
export interface WholeReport {
  shown: number
  waiting: Readonly<Record<string, number>>
  rows: KeyedRow[]
  memory: KeyedRow[]
}

/** What the log makes of a projection, event by event, in memory. */
export async function plainFold(
  definition: Projection,
  eventTypes: readonly EventDefinition[],
  eventStore: EventStore,
): Promise<WholeReport> {
  const events: StoredEvent[] = []
  for await (const batch of eventStore.read()) events.push(...batch)
  return foldOf(definition, eventTypes, events)
}

/** What these events make of it; they stand in log order. */
export function foldOf(
  definition: Projection,
  eventTypes: readonly EventDefinition[],
  events: readonly StoredEvent[],
): WholeReport {
  const folded = trial(definition, readPlan(definition, eventTypes), events, 1)
  return {
    shown: folded.shown,
    waiting: Object.fromEntries([...folded.waiting].filter(([, rows]) => rows > 0)),
    rows: [...folded.rows.values()],
    memory: [...folded.memory.values()],
  }
}

/** The report in a store, by the keys of another. */
export async function wholeReport(
  store: ReportStore,
  name: string,
  keysOf: WholeReport,
): Promise<WholeReport> {
  const status = await store.status(name)
  if (status === null) throw new Error(`there is no report ${name}`)
  const load = async (part: ReportPart): Promise<KeyedRow[]> => {
    const keys = keysOf[part].map(({ key }) => key)
    const rows = keys.length === 0 ? [] : await store.load(status, keys, part)
    return keys.map((key, i) => ({ key, row: rows[i] ?? null }))
  }
  return {
    shown: status.shown,
    waiting: status.waiting,
    rows: await load('rows'),
    memory: await load('memory'),
  }
}

/** The rows as people see them, by name of column; those that are not set left out. */
export async function shownRows(store: ReportStore, name: string): Promise<Record<string, unknown>[]> {
  const found = await store.read(name)
  const rows: Record<string, unknown>[] = []
  for await (const batch of found?.batches ?? []) {
    for (const values of batch) {
      const cells = (found?.columns ?? []).map((column, i) => [column.name, values[i]] as const)
      rows.push(Object.fromEntries(cells.filter(([, value]) => value !== undefined)))
    }
  }
  return rows
}
