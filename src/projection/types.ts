import type { $ZodType, input, output } from 'zod/v4/core'
import type { DomainEvent, JsonPayload } from '../event/domain-event.ts'
import type { EventDefinition } from '../event/define-event.ts'

/** Columns by name, each with its zod schema. */
export type Shape = Readonly<Record<string, $ZodType>>

/** What a projection reads: an event type's definition, its name, or `'*'` for every event. */
export type EventSource = EventDefinition | string

/** The event that a handler for a source gets. */
export type EventOf<Source> =
  Source extends EventDefinition<infer Type, infer Payload>
    ? DomainEvent<Type, Payload>
    : Source extends '*'
      ? DomainEvent<string, JsonPayload>
      : Source extends string
        ? DomainEvent<Source, JsonPayload>
        : never

/** The event that a handler for all of them gets. */
export type AnyEventOf<Sources extends readonly EventSource[]> = '*' extends Sources[number]
  ? DomainEvent<string, JsonPayload>
  : EventOf<Sources[number]>

/** Definitions and names, without `'*'`. */
type Named<Sources extends readonly EventSource[]> = Exclude<Sources[number], '*'>
type NameOf<Source> =
  Source extends EventDefinition<infer Type> ? Type : Source extends string ? Source : never

/** One function per type; `'*'` is for the others too. Where only `'*'` is read, any type can be named. */
type PerType<
  Sources extends readonly EventSource[],
  Before extends unknown[],
  Result,
  After extends unknown[] = [],
> = [Named<Sources>] extends [never]
  ? { readonly [type: string]: (...args: [...Before, DomainEvent<string, JsonPayload>, ...After]) => Result }
  : {
      readonly [Source in Named<Sources> as NameOf<Source>]?: (
        ...args: [...Before, EventOf<Source>, ...After]
      ) => Result
    } & { readonly '*'?: (...args: [...Before, AnyEventOf<Sources>, ...After]) => Result }

/** The key of a row. */
export type KeyOf<Key extends Shape> = { [Name in keyof Key]: output<Key[Name]> }

/** A required column is unset until a handler sets it; one with a default never is. */
type Unset<Schema> =
  undefined extends input<Schema> ? (undefined extends output<Schema> ? undefined : never) : undefined

/** A row as handlers see it: its key read-only, its columns perhaps not set yet. */
export type RowOf<Key extends Shape, Row extends Shape> = {
  readonly [Name in keyof Key]: output<Key[Name]>
} & {
  -readonly [Name in keyof Row]: output<Row[Name]> | Unset<Row[Name]>
}

/** A row as people see it: every required column set. */
export type CompleteRowOf<Key extends Shape, Row extends Shape> = {
  readonly [Name in keyof Key]: output<Key[Name]>
} & { readonly [Name in keyof Row]: output<Row[Name]> }

/** The rows that an event touches: one, several, or none. */
export type AtResult<Key extends Shape> = KeyOf<Key> | readonly KeyOf<Key>[] | null | undefined

/** No columns: of a projection without memory. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no member is to be had of it
export type NoShape = Record<never, never>

/** The memory as `at` and `when` see it: as it was before the event; what was never set is undefined. */
export type MemoryOf<Key extends Shape, Row extends Shape> = {
  readonly [Name in keyof Key]: output<Key[Name]> | undefined
} & {
  readonly [Name in keyof Row]: output<Row[Name]> | Unset<Row[Name]>
}

export type At<Sources extends readonly EventSource[], Key extends Shape, Memory extends unknown[] = []> =
  | ((event: AnyEventOf<Sources>, ...memory: Memory) => AtResult<Key>)
  | PerType<Sources, [], AtResult<Key>, Memory>

/** Changes the row in place; null deletes it. */
export type When<
  Sources extends readonly EventSource[],
  Key extends Shape,
  Row extends Shape,
  Memory extends unknown[] = [],
  // oxlint-disable-next-line typescript/no-invalid-void-type
> = PerType<Sources, [row: RowOf<Key, Row>], void | null, Memory>

/** Private state by key, which is never shown: what a projection has to remember to understand the next event. */
export interface MemoryOptions<Sources extends readonly EventSource[], Key extends Shape, Row extends Shape> {
  key: Key
  row: Row
  /** Whose memory an event belongs to; null: nobody's. By the event alone. */
  at:
    | ((event: AnyEventOf<NoInfer<Sources>>) => KeyOf<NoInfer<Key>> | null | undefined)
    | PerType<NoInfer<Sources>, [], KeyOf<NoInfer<Key>> | null | undefined>
  /** What an event leaves in it; after the rows have seen it as it was before. */
  when: When<NoInfer<Sources>, NoInfer<Key>, NoInfer<Row>>
}

type ColumnName<Key extends Shape, Row extends Shape> = (keyof Key | keyof Row) & string

export interface ProjectionOptions<
  Sources extends readonly EventSource[],
  Key extends Shape,
  Row extends Shape,
  MemoryKey extends Shape = NoShape,
  MemoryRow extends Shape = NoShape,
> {
  /** A whole number from 1; raise it with every change of what the report says. */
  version: number
  /** Definitions from `events/`, names of types, or `'*'` for all. */
  events: Sources
  memory?: MemoryOptions<Sources, MemoryKey, MemoryRow>
  /** The primary key of the report. */
  key: Key
  /** The other columns. A required one hides the row until it is set; defaults start counters. */
  row: Row
  /** Which rows an event touches: one function, or one per type. */
  at: At<NoInfer<Sources>, NoInfer<Key>, [memory: MemoryOf<NoInfer<MemoryKey>, NoInfer<MemoryRow>>]>
  /** What an event does to a row: the handler of its type first, then `'*'`. Synchronous and pure. */
  when: When<
    NoInfer<Sources>,
    NoInfer<Key>,
    NoInfer<Row>,
    [memory: MemoryOf<NoInfer<MemoryKey>, NoInfer<MemoryRow>>]
  >
  /** Columns that handlers need and people do not: left out of the view. */
  hide?: readonly (keyof NoInfer<Row> & string)[]
  /** Columns, or lists of columns, that the report is searched by. */
  indexes?: readonly (
    ColumnName<NoInfer<Key>, NoInfer<Row>> | readonly ColumnName<NoInfer<Key>, NoInfer<Row>>[]
  )[]
  /** A further condition for showing a row whose required columns are set. */
  complete?: (row: CompleteRowOf<NoInfer<Key>, NoInfer<Row>>) => boolean
}
