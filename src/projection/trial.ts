import { EventReader } from '../event/domain-event.ts'
import type { StoredEvent } from '../event/event.ts'
import type { StoredRow } from '../report-store/report-store.ts'
import type { Column } from './columns.ts'
import type { ReadPlan } from './event-types.ts'
import { foldRows, planFold, type FoldResult } from './fold.ts'
import { projectionFailure } from './projection-failure.ts'
import type { Projection } from './projection.ts'
import { rowKeys, type RowKey } from './row-key.ts'

/** What a projection makes of events, in memory. */
export interface Trial {
  /** By key: all rows, shown or waiting. */
  rows: Map<string, { key: RowKey; row: StoredRow }>
  shown: number
  waiting: Map<string, number>
}

/**
 * Folds events in memory, `batchEvents` at a time; by the fold of the runs. Rows are kept as a database would
 * give them back. Throws DEMETRA_PROJECTION_FAILED.
 */
export function trial(
  projection: Projection,
  plan: ReadPlan,
  events: readonly StoredEvent[],
  batchEvents: number,
): Trial {
  const reader = new EventReader(plan.definitions)
  const result: Trial = { rows: new Map(), shown: 0, waiting: new Map() }
  const read = events.filter(({ type }) => plan.types === null || plan.types.includes(type))
  for (let start = 0; start < read.length; start += batchEvents) {
    const stored = read.slice(start, start + batchEvents)
    const batch = stored.map((event) => reader.read(event))
    const folding = planFold(projection, batch)
    const rows = [...folding.slots.values()].map(({ key }) =>
      keptRow(projection, result.rows.get(key.identity)?.row),
    )
    const folded = foldRows(projection, batch, folding, rows)
    const failure = 'index' in folded ? folded : folded.failure
    if (failure !== null) throw projectionFailure('under test', stored[failure.index] as StoredEvent, failure)
    take(projection, result, folded as FoldResult)
  }
  return result
}

function take(projection: Projection, result: Trial, folded: FoldResult): void {
  result.shown += folded.shown
  for (const [name, by] of folded.waiting) result.waiting.set(name, (result.waiting.get(name) ?? 0) + by)
  for (const { key, row } of folded.changes) {
    const [of] = rowKeys(
      projection.keys,
      Object.fromEntries(projection.keys.map(({ name }, i) => [name, key[i]])),
    )
    if (of === undefined) continue
    if (row === null) result.rows.delete(of.identity)
    else result.rows.set(of.identity, { key: of, row: keptRow(projection, row) as StoredRow })
  }
}

/** A copy, as databases keep it: nested values as JSON. */
function keptRow(projection: Projection, row: StoredRow | undefined): StoredRow | null {
  if (row === undefined) return null
  return {
    waiting: row.waiting,
    values: row.values.map((value, i) => keptValue(projection.columns[i], value)),
  }
}

function keptValue(column: Column | undefined, value: unknown): unknown {
  if (value === undefined || value === null) return value
  if (column?.type === 'timestamp') return new Date(value as Date)
  return column?.type === 'json' ? JSON.parse(JSON.stringify(value)) : value
}
