import type { DomainEvent, JsonPayload } from '../event/domain-event.ts'
import type { EventDefinition } from '../event/define-event.ts'
import type { Column } from './columns.ts'
import type { CompleteRowOf, KeyOf, Shape } from './types.ts'

/** A row in a handler's hands: its key read-only, its columns by name. */
export type RowState = Record<string, unknown>
export type AnyEvent = DomainEvent<string, JsonPayload>
export type AtFunction = (event: AnyEvent) => unknown
export type Handler = (row: RowState, event: AnyEvent) => unknown

/** What defineProjection returns: the definition, checked and taken apart. `Key` and `Row` are for types only. */
export interface Projection<Key extends Shape = Shape, Row extends Shape = Shape> {
  readonly demetra: 'projection'
  readonly version: number
  readonly keys: readonly Column[]
  readonly columns: readonly Column[]
  /** Event types given by definition, and those given by name alone. */
  readonly definitions: readonly EventDefinition[]
  readonly names: readonly string[]
  readonly readsAll: boolean
  /** By type; `'*'` for those without one of their own. */
  readonly at: ReadonlyMap<string, AtFunction>
  /** By type; `'*'` after it, for every type. */
  readonly when: ReadonlyMap<string, Handler>
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
