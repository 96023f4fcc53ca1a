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
type PerType<Sources extends readonly EventSource[], Args extends unknown[], Result> = [
  Named<Sources>,
] extends [never]
  ? { readonly [type: string]: (...args: [...Args, DomainEvent<string, JsonPayload>]) => Result }
  : {
      readonly [Source in Named<Sources> as NameOf<Source>]?: (...args: [...Args, EventOf<Source>]) => Result
    } & { readonly '*'?: (...args: [...Args, AnyEventOf<Sources>]) => Result }

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

export type At<Sources extends readonly EventSource[], Key extends Shape> =
  ((event: AnyEventOf<Sources>) => AtResult<Key>) | PerType<Sources, [], AtResult<Key>>

/** Changes the row in place; null deletes it. */
// oxlint-disable-next-line typescript/no-invalid-void-type
export type When<Sources extends readonly EventSource[], Key extends Shape, Row extends Shape> = PerType<
  Sources,
  [row: RowOf<Key, Row>],
  void | null
>

export interface ProjectionOptions<
  Sources extends readonly EventSource[],
  Key extends Shape,
  Row extends Shape,
> {
  /** A whole number from 1; raise it with every change of what the report says. */
  version: number
  /** Definitions from `events/`, names of types, or `'*'` for all. */
  events: Sources
  /** The primary key of the report. */
  key: Key
  /** The other columns. A required one hides the row until it is set; defaults start counters. */
  row: Row
  /** Which rows an event touches: one function, or one per type. */
  at: At<NoInfer<Sources>, NoInfer<Key>>
  /** What an event does to a row: the handler of its type first, then `'*'`. Synchronous and pure. */
  when: When<NoInfer<Sources>, NoInfer<Key>, NoInfer<Row>>
  /** A further condition for showing a row whose required columns are set. */
  complete?: (row: CompleteRowOf<NoInfer<Key>, NoInfer<Row>>) => boolean
}
