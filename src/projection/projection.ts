import type { DomainEvent, JsonPayload } from '../event/domain-event.ts'
import type { EventDefinition } from '../event/define-event.ts'
import type { Column } from './columns.ts'
import type { CompleteRowOf, KeyOf, Shape } from './types.ts'

/** A row in a handler's hands: its key read-only, its columns by name. */
export type RowState = Record<string, unknown>
export type AnyEvent = DomainEvent<string, JsonPayload>
/** `memory`: as it was before the event. */
export type AtFunction = (event: AnyEvent, memory: RowState) => unknown
export type Handler = (row: RowState, event: AnyEvent, memory: RowState) => unknown

/** Rows and how they are folded: those of the report, and those of its memory. */
export interface KeyedFold {
  readonly keys: readonly Column[]
  readonly columns: readonly Column[]
  /** By type; `'*'` for those without one of their own. */
  readonly at: ReadonlyMap<string, AtFunction>
  /** By type; `'*'` after it, for every type. */
  readonly when: ReadonlyMap<string, Handler>
}

/** What defineProjection returns: the definition, checked and taken apart. `Key` and `Row` are for types only. */
export interface Projection<Key extends Shape = Shape, Row extends Shape = Shape> extends KeyedFold {
  readonly demetra: 'projection'
  readonly version: number
  /** Event types given by definition, and those given by name alone. */
  readonly definitions: readonly EventDefinition[]
  readonly names: readonly string[]
  readonly readsAll: boolean
  /** Private state for each of its keys, folded after the rows; null: none. */
  readonly memory: KeyedFold | null
  /** Columns that people are not shown. */
  readonly hidden: readonly string[]
  /** Lists of columns. */
  readonly indexes: readonly (readonly string[])[]
  readonly complete: ((row: RowState) => boolean) | null
  /** Only for inference; never set. */
  readonly types?: { key: KeyOf<Key>; row: CompleteRowOf<Key, Row> }
}

/** Told by its parts: it may come from another copy of Demetra. */
export function isProjection(value: unknown): value is Projection {
  return (
    typeof value === 'object' && value !== null && (value as { demetra?: unknown }).demetra === 'projection'
  )
}

/**
 * Whether a run wants the definitions under `events/` besides the projection's own: their upcasters and old
 * names belong to types that it reads by name or by `'*'`.
 */
export function needsEventTypes(projection: Projection): boolean {
  return projection.readsAll || projection.names.length > 0
}
