import { EventReader } from '../event/domain-event.ts'
import type { StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { StoredRow } from '../report-store/report-store.ts'
import { readPlan } from './event-types.ts'
import { foldRows, planFold, planMemory, type FoldFailure } from './fold.ts'
import { keptRow } from './kept-row.ts'
import { projectionFailure } from './projection-failure.ts'
import type { AnyEvent, Projection, RowState } from './projection.ts'
import { identityOf, type KeyIdentity } from './row-key.ts'
import type { RunOptions } from './run-types.ts'
import { isSameValue } from './same-value.ts'

/** What one event did to the row. */
export interface WhyStep {
  event: StoredEvent
  /** By column: before and after; of those that changed. */
  changes: Record<string, { before: unknown; after: unknown }>
  /** What the row waits for after it; null: it is gone. */
  waiting: readonly string[] | null
}

export type WhyOptions = Pick<RunOptions, 'name' | 'definition' | 'eventTypes' | 'eventStore' | 'signal'> & {
  /** Values of the key columns. */
  key: readonly unknown[]
  /** Of the report's checkpoint: what came later is not in it. */
  upTo: bigint
  /** Ids that the report has stepped over. */
  skipped: ReadonlySet<string>
}

/** The events that made a row, in log order, with what each changed; by the fold of the runs. */
export async function* whyRow(options: WhyOptions): AsyncGenerator<WhyStep> {
  const { definition, eventStore, key, signal } = options
  const plan = readPlan(definition, options.eventTypes ?? [])
  const reader = new EventReader(plan.definitions)
  const identity = identityOf(key)
  const memory = new Map<KeyIdentity, StoredRow>()
  let row: StoredRow | null = null
  const read = { upTo: options.upTo, ...(plan.types === null ? {} : { types: plan.types }) }
  for await (const batch of eventStore.read(read)) {
    signal?.throwIfAborted()
    const stored = batch.filter(({ id }) => !options.skipped.has(formatUuid(id)))
    const events = stored.map((event) => reader.read(event))
    for (const { index, seen } of touching(options, stored, events, identity, memory)) {
      const event = events[index] as AnyEvent
      const after = foldOne(definition, event, key, seen, row)
      if ('index' in after) throw projectionFailure(options.name, stored[index] as StoredEvent, after)
      yield step(definition, stored[index] as StoredEvent, row, after.row)
      row = after.row
    }
  }
}

/** The events of a batch that touch the row, with the memory as each saw it. Goes on with the memory. */
function touching(
  { name, definition }: WhyOptions,
  stored: readonly StoredEvent[],
  events: readonly AnyEvent[],
  identity: KeyIdentity,
  memory: Map<KeyIdentity, StoredRow>,
): { index: number; seen: RowState }[] {
  const fail = (failure: FoldFailure): never => {
    throw projectionFailure(name, stored[failure.index] as StoredEvent, failure)
  }
  const { fold, failure } = planMemory(definition, events)
  if (failure !== null) fail(failure)
  const kept = (row: StoredRow | undefined): StoredRow | null =>
    row === undefined || definition.memory === null ? null : keptRow(definition.memory, row)
  fold?.load(fold.keys.map((of) => kept(memory.get(identityOf(of)))))
  const plan = planFold(definition, events, fold)
  if (plan.failure !== null) fail(plan.failure)
  for (const { key, row } of plan.memory) {
    if (row === null) memory.delete(identityOf(key))
    else memory.set(identityOf(key), row)
  }
  const wanted = plan.slots.get(identity)
  if (wanted === undefined) return []
  return plan.touched.flatMap((slots, index) =>
    slots.includes(wanted) ? [{ index, seen: plan.seen[index] ?? {} }] : [],
  )
}

/** One event on this row alone. */
function foldOne(
  definition: Projection,
  event: AnyEvent,
  key: readonly unknown[],
  seen: RowState,
  row: StoredRow | null,
): { row: StoredRow | null } | FoldFailure {
  const columns = definition.keys.map(({ name }, i) => [name, key[i]] as const)
  const at = new Map([['*', () => Object.fromEntries(columns)]])
  const alone: Projection = { ...definition, memory: null, at }
  const plan = { ...planFold(alone, [event]), seen: [seen] }
  const folded = foldRows(alone, [event], plan, [row === null ? null : keptRow(definition, row)])
  if ('index' in folded) return folded
  return { row: folded.changes[0]?.row ?? null }
}

function step(
  { columns }: Projection,
  event: StoredEvent,
  before: StoredRow | null,
  after: StoredRow | null,
): WhyStep {
  const changes: WhyStep['changes'] = {}
  columns.forEach(({ name }, i) => {
    const [was, is] = [before?.values[i], after?.values[i]]
    if (!isSameValue(was, is)) changes[name] = { before: was, after: is }
  })
  return { event, changes, waiting: after?.waiting ?? null }
}
