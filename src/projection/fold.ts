import type { ReportPart, RowChange, StoredRow } from '../report-store/report-store.ts'
import { callHandlers, HandlerError } from './handlers.ts'
import { MemoryFold } from './memory-fold.ts'
import type { AnyEvent, KeyedFold, Projection, RowState } from './projection.ts'
import { keyText, type KeyIdentity, rowKeys, type RowKey } from './row-key.ts'
import { rowProblem, rowRefusal, rowState, storedRow } from './row.ts'

/** What a batch of events makes of the rows that they touch. */
export interface FoldResult {
  /** How many of the events are in it, from the first; all of them, or those before the one that failed. */
  events: number
  changes: RowChange[]
  /** Of the memory. */
  memory: RowChange[]
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
export interface Slot {
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
  slots: ReadonlyMap<KeyIdentity, Slot>
  /** For each event. */
  touched: readonly (readonly Slot[])[]
  /** The memory as each event saw it; empty where there is none. */
  seen: readonly RowState[]
  /** What the events leave in the memory. */
  memory: RowChange[]
  /** `at` could not handle an event; those before it are planned. */
  failure: FoldFailure | null
}

export const NO_MEMORY: RowState = {}

/** Whose memory do the events belong to? The first step, where the projection has a memory. */
export function planMemory(
  { memory }: Projection,
  events: readonly AnyEvent[],
): { fold: MemoryFold | null; failure: FoldFailure | null } {
  if (memory === null) return { fold: null, failure: null }
  const fold = new MemoryFold(memory)
  for (const [index, event] of events.entries()) {
    try {
      fold.plan(event)
    } catch (error) {
      return { fold, failure: { index, ...describe(memory, error, "'memory.at'") } }
    }
  }
  return { fold, failure: null }
}

/**
 * Which rows do the events touch, and what do they remember? `memory`: loaded, of all the events. A failure leaves
 * the memory half folded: plan the events before it anew.
 */
export function planFold(
  projection: Projection,
  events: readonly AnyEvent[],
  memory: MemoryFold | null = null,
): FoldPlan {
  const slots = new Map<KeyIdentity, Slot>()
  const touched: Slot[][] = []
  const seen: RowState[] = []
  let failure: FoldFailure | null = null
  for (const [index, event] of events.entries()) {
    const before = memory === null ? NO_MEMORY : memory.seenBy(index)
    try {
      touched.push(slotsOf(projection, event, before, slots))
      if (memory === null) continue
      seen.push(before)
      const problem = memory.fold(index, event)
      if (problem !== null) failure = { index, message: problem }
    } catch (error) {
      failure = { index, ...describe(projection, error, "'at'") }
    }
    if (failure !== null) break
  }
  const keys = [...slots.values()].map((slot) => slot.key.values)
  return { keys, slots, touched, seen, memory: memory?.changes() ?? [], failure }
}

/**
 * The last step: applies the events, in log order, to the rows, which stand in the order of `plan.keys`; null where
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
    const memory = plan.seen[index] ?? NO_MEMORY
    const problem = apply(projection, events[index] as AnyEvent, slots, memory, index)
    if (problem !== null) return { index, ...problem }
  }
  const changes = changesOf(projection, plan.slots.values())
  if ('index' in changes) return changes
  return { ...changes, events: plan.touched.length, memory: plan.memory, failure: plan.failure }
}

/** What has become of rows since they were loaded. A failure names the last event that touched the row. */
export function changesOf(
  projection: Projection,
  slots: Iterable<Slot>,
): Pick<FoldResult, 'changes' | 'shown' | 'waiting'> | FoldFailure {
  const result = { changes: [] as RowChange[], shown: 0, waiting: new Map<string, number>() }
  for (const slot of slots) {
    try {
      addChange(projection, slot, result)
    } catch (error) {
      return { index: slot.lastEvent, ...describe(projection, error, "'complete'") }
    }
  }
  return result
}

export type LoadRows = (
  keys: readonly (readonly unknown[])[],
  part: ReportPart,
) => Promise<(StoredRow | null)[]>

/** All steps. Where an event fails, the result is that of the events before it, and tells the failure. */
export async function foldBatch(
  projection: Projection,
  events: readonly AnyEvent[],
  load: LoadRows,
): Promise<FoldResult> {
  const { fold: memory, failure } = planMemory(projection, events)
  if (failure !== null) return foldBefore(projection, events, load, failure)
  if (memory !== null && memory.keys.length > 0) memory.load(await load(memory.keys, 'memory'))
  const plan = planFold(projection, events, memory)
  if (plan.failure !== null && memory !== null) return foldBefore(projection, events, load, plan.failure)
  const rows = plan.keys.length === 0 ? [] : await load(plan.keys, 'rows')
  const folded = foldRows(projection, events, plan, rows)
  return 'index' in folded ? foldBefore(projection, events, load, folded) : folded
}

async function foldBefore(
  projection: Projection,
  events: readonly AnyEvent[],
  load: LoadRows,
  failure: FoldFailure,
): Promise<FoldResult> {
  const before = await foldBatch(projection, events.slice(0, failure.index), load)
  return before.failure === null ? { ...before, failure } : before
}

/** The rows that an event touches; those that are new to `slots` are added to it. Throws what `at` throws, KeyError. */
export function slotsOf(
  projection: Projection,
  event: AnyEvent,
  memory: RowState,
  slots: Map<KeyIdentity, Slot>,
): Slot[] {
  const { type } = event.meta
  const at = projection.at.get(type) ?? projection.at.get('*')
  if (at === undefined || (!projection.when.has(type) && !projection.when.has('*'))) return []
  const touched: Slot[] = []
  for (const key of rowKeys(projection.keys, at(event, memory))) touched.push(slotOf(key, slots))
  return touched
}

function slotOf(key: RowKey, slots: Map<KeyIdentity, Slot>): Slot {
  let slot = slots.get(key.identity)
  if (slot === undefined) {
    slot = { key, before: null, state: null, lastEvent: -1 }
    slots.set(key.identity, slot)
  }
  return slot
}

export type Problem = Omit<FoldFailure, 'index'>

/** Null: all went well. Otherwise the rows are half changed. */
export function apply(
  projection: Projection,
  event: AnyEvent,
  slots: readonly Slot[],
  memory: RowState,
  index: number,
): Problem | null {
  for (const slot of slots) {
    slot.lastEvent = index
    const row = slot.state ?? rowState(projection, slot.key.values, null)
    try {
      slot.state = callHandlers(projection, row, event, memory) ? row : null
    } catch (error) {
      return describe(projection, error, 'it')
    }
    const problem = slot.state === null ? null : rowProblem(projection, slot.state)
    if (problem !== null) {
      return { message: `the row ${keyText(projection.keys, slot.key.values)} does not fit: ${problem}` }
    }
  }
  return null
}

type Changes = Pick<FoldResult, 'changes' | 'shown' | 'waiting'>

function addChange(projection: Projection, slot: Slot, result: Changes): void {
  const row = slot.state === null ? null : storedRow(projection, slot.state)
  if (row === null && slot.before === null) return
  if (slot.before !== null) count(result, slot.before, -1)
  if (row !== null) count(result, row, 1)
  result.changes.push({ key: slot.key.values, row })
}

function count(result: Changes, { waiting }: StoredRow, by: number): void {
  if (waiting.length === 0) result.shown += by
  for (const name of waiting) result.waiting.set(name, (result.waiting.get(name) ?? 0) + by)
}

/** For people: where it happened, and what was thrown. */
export function describe(fold: KeyedFold, thrown: unknown, where: string): Problem {
  const [error, place] =
    thrown instanceof HandlerError ? [thrown.cause, `the handler of '${thrown.handler}'`] : [thrown, where]
  const refusal = rowRefusal(fold, error)
  const message = refusal ?? (error instanceof Error ? error.message : `it threw ${String(error)}`)
  return {
    message: /^'(?:memory\.)?at'/u.test(message) ? message : `${place} failed: ${message}`,
    cause: error,
  }
}
