import type { RowChange, StoredRow } from '../report-store/report-store.ts'
import type { AnyEvent, Handler, Projection, RowState } from './projection.ts'
import { isPromise, keyText, rowKeys, type RowKey } from './row-key.ts'
import { rowProblem, rowRefusal, rowState, storedRow } from './row.ts'

/** What a batch of events makes of the rows that they touch. */
export interface FoldResult {
  /** How many of the events are in it, from the first; all of them, or those before the one that failed. */
  events: number
  changes: RowChange[]
  /** By how much each count moves: shown rows, and rows that wait, by what they wait for. */
  shown: number
  waiting: Map<string, number>
  failure: FoldFailure | null
}

/** The event at `index` could not be handled. */
export interface FoldFailure {
  index: number
  /** What happened, for people. */
  message: string
  /** What the user's code threw. */
  cause?: unknown
}

/** A row that the batch touches. */
interface Slot {
  key: RowKey
  before: StoredRow | null
  /** null: there is no such row. */
  state: RowState | null
  /** Index of the last event that touched it. */
  lastEvent: number
}

/** A batch of which is known what rows it touches. */
export interface FoldPlan {
  /** Keys of the rows that `foldRows` needs, each once. */
  keys: readonly (readonly unknown[])[]
  slots: ReadonlyMap<string, Slot>
  /** For each event. */
  touched: readonly (readonly Slot[])[]
  /** `at` could not handle an event; those before it are planned. */
  failure: FoldFailure | null
}

/** First step of the one fold of Demetra: which rows do the events touch? */
export function planFold(projection: Projection, events: readonly AnyEvent[]): FoldPlan {
  const slots = new Map<string, Slot>()
  const touched: Slot[][] = []
  let failure: FoldFailure | null = null
  for (const [index, event] of events.entries()) {
    try {
      touched.push(slotsOf(projection, event, slots))
    } catch (error) {
      failure = { index, ...describe(projection, error, "'at'") }
      break
    }
  }
  return { keys: [...slots.values()].map((slot) => slot.key.values), slots, touched, failure }
}

/**
 * Second step: applies the events, in log order, to the rows, which stand in the order of `plan.keys`; null where
 * there is none. Changes what is inside them. A failure after the planning leaves nothing to use: fold the
 * events before it anew, from rows loaded anew.
 */
export function foldRows(
  projection: Projection,
  events: readonly AnyEvent[],
  plan: FoldPlan,
  rows: readonly (StoredRow | null)[],
): FoldResult | FoldFailure {
  let i = 0
  for (const slot of plan.slots.values()) {
    slot.before = rows[i] ?? null
    slot.state = slot.before === null ? null : rowState(projection, slot.key.values, slot.before)
    i += 1
  }
  for (const [index, slots] of plan.touched.entries()) {
    const problem = apply(projection, events[index] as AnyEvent, slots, index)
    if (problem !== null) return { index, ...problem }
  }
  const result: FoldResult = {
    events: plan.touched.length,
    changes: [],
    shown: 0,
    waiting: new Map(),
    failure: plan.failure,
  }
  for (const slot of plan.slots.values()) {
    try {
      addChange(projection, slot, result)
    } catch (error) {
      return { index: slot.lastEvent, ...describe(projection, error, "'complete'") }
    }
  }
  return result
}

export type LoadRows = (keys: readonly (readonly unknown[])[]) => Promise<(StoredRow | null)[]>

/** Both steps. Where an event fails, the result is that of the events before it, and tells the failure. */
export async function foldBatch(
  projection: Projection,
  events: readonly AnyEvent[],
  load: LoadRows,
): Promise<FoldResult> {
  const plan = planFold(projection, events)
  const folded = foldRows(projection, events, plan, await load(plan.keys))
  if (!('index' in folded)) return folded
  const before = await foldBatch(projection, events.slice(0, folded.index), load)
  return before.failure === null ? { ...before, failure: folded } : before
}

function slotsOf(projection: Projection, event: AnyEvent, slots: Map<string, Slot>): Slot[] {
  const { type } = event.meta
  const at = projection.at.get(type) ?? projection.at.get('*')
  if (at === undefined || (!projection.when.has(type) && !projection.when.has('*'))) return []
  return rowKeys(projection.keys, at(event)).map((key) => {
    let slot = slots.get(key.identity)
    if (slot === undefined) {
      slot = { key, before: null, state: null, lastEvent: -1 }
      slots.set(key.identity, slot)
    }
    return slot
  })
}

type Problem = Omit<FoldFailure, 'index'>

function apply(
  projection: Projection,
  event: AnyEvent,
  slots: readonly Slot[],
  index: number,
): Problem | null {
  const { type } = event.meta
  const own = projection.when.get(type)
  const general = type === '*' ? undefined : projection.when.get('*')
  for (const slot of slots) {
    slot.lastEvent = index
    const row = slot.state ?? rowState(projection, slot.key.values, null)
    let handler = type
    try {
      let kept = handle(own, row, event)
      handler = '*'
      if (kept) kept = handle(general, row, event)
      slot.state = kept ? row : null
    } catch (error) {
      return describe(projection, error, `the handler of '${handler}'`)
    }
    const problem = slot.state === null ? null : rowProblem(projection, slot.state)
    if (problem !== null) {
      return { message: `the row ${keyText(projection.keys, slot.key.values)} does not fit: ${problem}` }
    }
  }
  return null
}

/** False: the row is deleted. */
function handle(handler: Handler | undefined, row: RowState, event: AnyEvent): boolean {
  if (handler === undefined) return true
  const result = handler(row, event)
  if (result === null) return false
  if (isPromise(result)) {
    throw new TypeError('a handler returned a promise; it must be synchronous')
  }
  return true
}

function addChange(projection: Projection, slot: Slot, result: FoldResult): void {
  const row = slot.state === null ? null : storedRow(projection, slot.state)
  if (row === null && slot.before === null) return
  if (slot.before !== null) count(result, slot.before, -1)
  if (row !== null) count(result, row, 1)
  result.changes.push({ key: slot.key.values, row })
}

function count(result: FoldResult, { waiting }: StoredRow, by: number): void {
  if (waiting.length === 0) result.shown += by
  for (const name of waiting) result.waiting.set(name, (result.waiting.get(name) ?? 0) + by)
}

function describe(projection: Projection, error: unknown, where: string): Problem {
  const refusal = rowRefusal(projection, error)
  const message = refusal ?? (error instanceof Error ? error.message : `it threw ${String(error)}`)
  return { message: message.startsWith("'at'") ? message : `${where} failed: ${message}`, cause: error }
}
