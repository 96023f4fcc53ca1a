import { EventReader } from '../event/domain-event.ts'
import type { StoredEvent } from '../event/event.ts'
import type { RowChange, StoredRow } from '../report-store/report-store.ts'
import type { ReadPlan } from './event-types.ts'
import { foldRows, planFold, planMemory, type FoldFailure, type FoldResult } from './fold.ts'
import { keptRow } from './kept-row.ts'
import { projectionFailure } from './projection-failure.ts'
import type { KeyedFold, Projection } from './projection.ts'
import { identityOf, type KeyIdentity } from './row-key.ts'

interface KeptRow {
  key: readonly unknown[]
  row: StoredRow
}

/** What a projection makes of events, in memory. */
export interface Trial {
  /** By key: all rows, shown or waiting. */
  rows: Map<KeyIdentity, KeptRow>
  memory: Map<KeyIdentity, KeptRow>
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
  const result: Trial = { rows: new Map(), memory: new Map(), shown: 0, waiting: new Map() }
  const read = events.filter(({ type }) => plan.types === null || plan.types.includes(type))
  for (let start = 0; start < read.length; start += batchEvents) {
    const stored = read.slice(start, start + batchEvents)
    const batch = stored.map((event) => reader.read(event))
    const failed = (failure: FoldFailure): Error =>
      projectionFailure('under test', stored[failure.index] as StoredEvent, failure)
    const { fold: memory, failure: unplanned } = planMemory(projection, batch)
    if (unplanned !== null) throw failed(unplanned)
    memory?.load(memory.keys.map((key) => kept(projection.memory, result.memory.get(identityOf(key))?.row)))
    const folding = planFold(projection, batch, memory)
    const rows = [...folding.slots.values()].map(({ key }) =>
      kept(projection, result.rows.get(key.identity)?.row),
    )
    const folded = foldRows(projection, batch, folding, rows)
    const failure = 'index' in folded ? folded : folded.failure
    if (failure !== null) throw failed(failure)
    take(projection, result, folded as FoldResult)
  }
  return result
}

function take(projection: Projection, result: Trial, folded: FoldResult): void {
  result.shown += folded.shown
  for (const [name, by] of folded.waiting) result.waiting.set(name, (result.waiting.get(name) ?? 0) + by)
  keep(projection, result.rows, folded.changes)
  if (projection.memory !== null) keep(projection.memory, result.memory, folded.memory)
}

function keep(fold: KeyedFold, rows: Map<KeyIdentity, KeptRow>, changes: readonly RowChange[]): void {
  for (const { key, row } of changes) {
    if (row === null) rows.delete(identityOf(key))
    else rows.set(identityOf(key), { key, row: keptRow(fold, row) })
  }
}

function kept(fold: KeyedFold | null, row: StoredRow | undefined): StoredRow | null {
  return row === undefined || fold === null ? null : keptRow(fold, row)
}
