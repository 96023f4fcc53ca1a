import { randomUUID } from 'node:crypto'
import type { $ZodType, input, output } from 'zod/v4/core'
import { DemetraError, EXIT } from '../errors.ts'
import { isSchema, refuseChangingSchema } from './checking-schema.ts'
import type { EventMeta, Upcasting } from './domain-event.ts'

/** Old shape → new shape. Runs on every read, on new shapes too: those it must leave as they are. */
export type Upcaster = (payload: Record<string, unknown>, meta: EventMeta) => object

export interface EventDefinitionOptions<
  Type extends string,
  Schema extends $ZodType,
  Service extends string | undefined,
> {
  /** The type's name, `payment-completed`. */
  type: Type
  /** Checks, never transforms. */
  payload: Schema
  /** Old names of the type. */
  formerly?: readonly string[]
  /** All of them run, in order. */
  upcast?: readonly Upcaster[]
  /** Of events made by calling the definition; left out: each call says it. */
  service?: Service
}

/** What a call of a definition takes. */
export interface EventInput<Payload> {
  /** UUID; left out: a new random one. */
  id?: string
  service?: string
  aggregate_id: string
  correlation_id?: string
  /** When it happened; left out: now. Text is RFC 3339. */
  created_at?: Date | string
  payload: Payload
  /** Further members of `meta`. */
  meta?: Readonly<Record<string, unknown>>
}

/** An event in its JSON form, as producers send it. */
export interface Event<Type extends string = string, Payload = unknown> {
  id: string
  meta: {
    service: string
    type: Type
    /** RFC 3339. */
    created_at: string
    aggregate_id: string
    correlation_id?: string
    [extra: string]: unknown
  }
  payload: Payload
}

/** `path` is empty for the payload as a whole, else as `items[0].amount`. */
export interface PayloadIssue {
  path: string
  message: string
}

type NeedsService<Input, Service> = Service extends string ? Input : Input & { service: string }

/* oxlint-disable typescript/no-explicit-any -- a definition of whatever payload is an EventDefinition */
/** An event type: call it to make an event. `Input` is what is given, `Payload` what handlers see. */
export interface EventDefinition<
  Type extends string = string,
  Payload = any,
  Input = any,
  Service extends string | undefined = any,
> extends Upcasting {
  /* oxlint-enable typescript/no-explicit-any */
  (event: NeedsService<EventInput<Input>, Service>): Event<Type, Input>
  readonly demetra: 'event'
  readonly type: Type
  readonly formerly: readonly string[]
  readonly schema: $ZodType<Payload, Input>
  /** Runs the upcasters. `payload` decoded by parseBigIntegers. */
  upcast(payload: object, meta: EventMeta): object
  /** What is wrong with a payload, upcast, decoded by parseBigIntegers; empty where it passes. */
  check(payload: object, meta?: EventMeta): PayloadIssue[]
}

/**
 * Says what the payload of a type is. Throws DemetraError where the definition itself is wrong:
 * DEMETRA_EVENT_DEFINITION, DEMETRA_SCHEMA_CHANGES_VALUES.
 */
export function defineEvent<
  const Type extends string,
  Schema extends $ZodType,
  const Service extends string | undefined = undefined,
>(
  options: EventDefinitionOptions<Type, Schema, Service>,
): EventDefinition<Type, output<Schema>, input<Schema>, Service> {
  const { type, payload: schema, formerly = [], upcast: upcasters = [], service } = options
  checkOptions(options as unknown as Record<string, unknown>)

  const upcast = (payload: object, meta: EventMeta): object => {
    let current = payload
    for (const step of upcasters) current = step(current as Record<string, unknown>, meta)
    if (typeof current !== 'object' || current === null) {
      throw invalid(`an upcaster of '${type}' returned ${String(current)}, expected a payload`)
    }
    return current
  }
  const check = (payload: object, meta: EventMeta = noMeta(type)): PayloadIssue[] => {
    let upToDate: object
    try {
      upToDate = upcast(payload, meta)
    } catch (error) {
      return [{ path: '', message: `an upcaster failed: ${String(error)}` }]
    }
    try {
      return schemaIssues(schema, upToDate)
    } catch (error) {
      return [{ path: '', message: `the schema failed: ${String(error)}` }]
    }
  }
  const make = (event: EventInput<input<Schema>>): Event<Type, input<Schema>> => {
    const from = event.service ?? service
    if (from === undefined) throw invalid(`an event of type '${type}' was made without a service`)
    const issues = schemaIssues(schema, event.payload)
    if (issues.length > 0) {
      const text = issues.map(formatIssue).join('; ')
      throw invalid(`the payload of an event of type '${type}' does not fit: ${text}`)
    }
    const at = event.created_at ?? new Date()
    const id = event.id ?? randomUUID()
    return {
      ...(event.id === undefined ? { [GENERATED_ID]: id } : undefined),
      id,
      meta: {
        ...event.meta,
        service: from,
        type,
        created_at: typeof at === 'string' ? at : at.toISOString(),
        aggregate_id: event.aggregate_id,
        ...(event.correlation_id === undefined ? undefined : { correlation_id: event.correlation_id }),
      },
      payload: event.payload,
    }
  }
  const parts = { demetra: 'event', type, formerly, schema, upcast, check } as const
  return Object.assign(make, parts) as unknown as EventDefinition<
    Type,
    output<Schema>,
    input<Schema>,
    Service
  >
}

const GENERATED_ID = Symbol.for('demetra.generated-id')

/** Whether the id was made up by calling a definition: another one at the next call. */
export function hasGeneratedId(event: { id?: string | undefined }): boolean {
  return event.id !== undefined && (event as { [GENERATED_ID]?: string })[GENERATED_ID] === event.id
}

/** Told by its parts: it may come from another copy of Demetra. */
export function isEventDefinition(value: unknown): value is EventDefinition {
  return typeof value === 'function' && (value as { demetra?: unknown }).demetra === 'event'
}

/** `items[0].amount: expected string, received number`. */
export function formatIssue(issue: PayloadIssue): string {
  return issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`
}

function schemaIssues(schema: $ZodType, value: unknown): PayloadIssue[] {
  const parser = schema as unknown as {
    safeParse(value: unknown): { error?: { issues: { path: PropertyKey[]; message: string }[] } }
  }
  const { error } = parser.safeParse(value)
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path
      .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
      .join(''),
    message: message.replace(/^Invalid input: /, ''),
  }))
}

const OPTIONS = ['type', 'payload', 'formerly', 'upcast', 'service']

/** In plain JavaScript nothing else looks at them. */
function checkOptions(options: Record<string, unknown>): void {
  const { type, payload, formerly, upcast } = options
  if (typeof type !== 'string' || type === '' || type === '*') {
    throw invalid(`defineEvent needs the type's name, got ${String(type)}`)
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      throw invalid(
        `the event type '${type}' has an unknown option '${name}'; there are ${OPTIONS.join(', ')}`,
      )
    }
  }
  if (!isSchema(payload)) throw invalid(`the event type '${type}' needs a zod schema as payload`)
  const names = formerly ?? []
  if (
    !Array.isArray(names) ||
    names.some((name) => typeof name !== 'string' || name === type || name === '*')
  ) {
    throw invalid(`'formerly' of the event type '${type}' is a list of other names that it had`)
  }
  const steps = upcast ?? []
  if (!Array.isArray(steps) || steps.some((step) => typeof step !== 'function')) {
    throw invalid(`'upcast' of the event type '${type}' is a list of functions`)
  }
  refuseChangingSchema(
    payload,
    `The payload schema of '${type}'`,
    'Say the shape that is stored; bring old shapes to it by an upcaster (`upcast`)',
  )
}

function noMeta(type: string): EventMeta {
  const epoch = new Date(0)
  return { service: '', type, created_at: epoch, received_at: epoch, aggregate_id: '' }
}

function invalid(message: string): DemetraError {
  return new DemetraError(message[0]?.toUpperCase() + message.slice(1), {
    code: 'DEMETRA_EVENT_DEFINITION',
    exitCode: EXIT.failed,
  })
}
