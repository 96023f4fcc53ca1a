import type { RowChange, StoredRow } from '../report-store/report-store.ts'
import type { AnyEvent, KeyedFold, RowState } from './projection.ts'
import { callHandlers } from './handlers.ts'
import { KeyError, type KeyIdentity, keyText, rowKeys, type RowKey } from './row-key.ts'
import { rowProblem, rowState, storedRow } from './row.ts'

interface Slot {
  key: RowKey
  before: StoredRow | null
  /** null: nothing is remembered. */
  state: RowState | null
}

/**
 * The memory of a batch. Rows and their keys depend on it as it was before each event, so it is folded first, and
 * what each event saw is kept for the handlers.
 */
export class MemoryFold {
  readonly #memory: KeyedFold
  readonly #slots = new Map<KeyIdentity, Slot>()
  /** Of each event; null: it is nobody's. */
  #ofEvent: (Slot | null)[] = []
  readonly #hasNested: boolean

  constructor(memory: KeyedFold) {
    this.#memory = memory
    this.#hasNested = memory.columns.some(({ type }) => type === 'json')
  }

  /** Whose memory the next event belongs to. Throws what `memory.at` throws, and KeyError. */
  plan(event: AnyEvent): void {
    const { at, keys } = this.#memory
    const ownAt = at.get(event.meta.type) ?? at.get('*')
    const found = ownAt === undefined ? [] : rowKeys(keys, ownAt(event, {}))
    const [key] = found
    if (found.length > 1) throw new KeyError("'memory.at' returned several keys, expected one or null")
    if (key === undefined) {
      this.#ofEvent.push(null)
      return
    }
    let slot = this.#slots.get(key.identity)
    if (slot === undefined) {
      slot = { key, before: null, state: null }
      this.#slots.set(key.identity, slot)
    }
    this.#ofEvent.push(slot)
  }

  /** What was planned is folded; what is remembered stays, for the events to come. */
  forgetEvents(): void {
    this.#ofEvent = []
  }

  get size(): number {
    return this.#slots.size
  }

  /** Of the memory that has to be loaded, each once. */
  get keys(): readonly (readonly unknown[])[] {
    return [...this.#slots.values()].map(({ key }) => key.values)
  }

  /** What was remembered before the batch, in the order of `keys`. */
  load(rows: readonly (StoredRow | null)[]): void {
    let i = 0
    for (const slot of this.#slots.values()) {
      slot.before = rows[i] ?? null
      slot.state = slot.before === null ? null : rowState(this.#memory, slot.key.values, slot.before)
      i += 1
    }
  }

  /** What the event at `index` sees: a copy, for the memory goes on. */
  seenBy(index: number): RowState {
    const slot = this.#ofEvent[index] ?? null
    const state = slot?.state ?? rowState(this.#memory, slot?.key.values ?? [], null)
    const copy: RowState = { ...state }
    if (this.#hasNested) {
      for (const { name, type } of this.#memory.columns) {
        if (type === 'json') copy[name] = structuredClone(copy[name])
      }
    }
    return copy
  }

  /** Remembers the event at `index`. Returns what is wrong with what its handler left, or null. */
  fold(index: number, event: AnyEvent): string | null {
    const slot = this.#ofEvent[index] ?? null
    if (slot === null) return null
    const state = slot.state ?? rowState(this.#memory, slot.key.values, null)
    slot.state = callHandlers(this.#memory, state, event, {}, 'memory.') ? state : null
    const problem = slot.state === null ? null : rowProblem(this.#memory, slot.state)
    if (problem === null) return null
    return `the memory of ${keyText(this.#memory.keys, slot.key.values)} does not fit: ${problem}`
  }

  changes(): RowChange[] {
    const changes: RowChange[] = []
    for (const { key, before, state } of this.#slots.values()) {
      if (state === null && before === null) continue
      changes.push({ key: key.values, row: state === null ? null : storedRow(this.#memory, state) })
    }
    return changes
  }
}
