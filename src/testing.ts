import { randomUUID } from 'node:crypto'
import type { EventDefinition } from './event/define-event.ts'
import type { StoredEvent } from './event/event.ts'
import { parseRfc3339 } from './event/time.ts'
import { parseUuid } from './event/uuid.ts'
import { readPlan, type ReadPlan } from './projection/event-types.ts'
import { otherOrders } from './projection/orders.ts'
import type { Projection } from './projection/projection.ts'
import { keyText } from './projection/row-key.ts'
import { trial, type Trial } from './projection/trial.ts'
import type { CompleteRowOf, Shape } from './projection/types.ts'

/** The users' test kit, `demetra/testing`. */

/** An event as a definition makes it when it is called. */
export interface TestEvent {
  id?: string
  meta: {
    service?: string
    type: string
    created_at: string | Date
    aggregate_id: string
    correlation_id?: string
    readonly [extra: string]: unknown
  }
  payload: unknown
}

export interface TestOptions {
  /** `any`: the report must be the same in whatever order the events arrive. Default: only as given. */
  order?: 'as-given' | 'any'
  /** Definitions of types that the projection reads by name or by `'*'`. */
  eventTypes?: readonly EventDefinition[]
}

export interface TestedReport<Row> {
  /** What people would see, by key. */
  rows: Row[]
  /** How many rows wait, by column; `(complete)`: for the projection's own condition. */
  waiting: Record<string, number>
}

/**
 * The report that a projection makes of these events, which arrive in this order. Throws where a handler
 * throws, where a row does not fit its columns, where a row holds what a database would not give back, and with
 * `order: 'any'` where another order of arrival gives another report: it names the order and the difference.
 */
export function testProjection<Key extends Shape, Row extends Shape>(
  projection: Projection<Key, Row>,
  events: readonly TestEvent[],
  options: TestOptions = {},
): TestedReport<CompleteRowOf<Key, Row>> {
  const plan = readPlan(projection, options.eventTypes ?? [])
  const identified = events.map((event) => ({ ...event, id: event.id ?? randomUUID() }))
  const one = run(projection, plan, identified, 1)
  const whole = run(projection, plan, identified, Math.max(1, events.length))
  const unlike = difference(projection, one, whole)
  if (unlike !== null) {
    throw new Error(`A row holds what does not come back from a database as it went in: ${unlike}`)
  }
  if (options.order === 'any') {
    for (const order of otherOrders(identified)) {
      const other = difference(projection, one, run(projection, plan, order, 1))
      if (other !== null) {
        throw new Error(`Another order of arrival gives another report: ${other}\n${orderText(order)}`)
      }
    }
  }
  return { rows: shownRows(projection, one), waiting: Object.fromEntries(counts(one)) }
}

function run(
  projection: Projection,
  plan: ReadPlan,
  events: readonly TestEvent[],
  batchEvents: number,
): Trial {
  return trial(projection, plan, events.map(stored), batchEvents)
}

/** Events arrive a second apart. */
function stored({ id = '', meta, payload }: TestEvent, index: number): StoredEvent {
  const { service = 'test', type, created_at: at, aggregate_id: aggregateId, correlation_id, ...extra } = meta
  const createdAt = typeof at === 'string' ? parseRfc3339(at) : at.getTime()
  const bytes = parseUuid(id)
  if (bytes === null) throw new TypeError(`event ${index + 1}: the id ${JSON.stringify(id)} is no UUID`)
  if (createdAt === null)
    throw new TypeError(`event ${index + 1}: created_at ${String(at)} is no RFC 3339 time`)
  return {
    id: bytes,
    service,
    type,
    createdAt,
    receivedAt: index * 1000,
    aggregateId,
    correlationId: correlation_id ?? null,
    metaExtra: Object.keys(extra).length === 0 ? null : jsonText(extra),
    payload: jsonText(payload),
    digest: new Uint8Array(16),
    position: BigInt(index + 1) << 31n,
  }
}

function shownRows<Key extends Shape, Row extends Shape>(
  { keys, columns }: Projection<Key, Row>,
  { rows }: Trial,
): CompleteRowOf<Key, Row>[] {
  const shown = [...rows.values()].filter(({ row }) => row.waiting.length === 0)
  return shown
    .toSorted((a, b) => compareKeys(a.key, b.key))
    .map(({ key, row }) => {
      const cells = [
        ...keys.map(({ name }, i) => [name, key[i]]),
        ...columns.map(({ name }, i) => [name, row.values[i]]).filter(([, value]) => value !== undefined),
      ]
      return Object.fromEntries(cells) as CompleteRowOf<Key, Row>
    })
}

function compareKeys(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [i, value] of a.entries()) {
    const [left, right] = [value as number, b[i] as number]
    if (left < right) return -1
    if (left > right) return 1
  }
  return 0
}

function counts({ waiting }: Trial): [string, number][] {
  return [...waiting].filter(([, rows]) => rows > 0)
}

/** The first row in which two reports differ, in words. */
function difference(projection: Projection, expected: Trial, other: Trial): string | null {
  for (const identity of new Set([...expected.rows.keys(), ...other.rows.keys()])) {
    const [a, b] = [expected.rows.get(identity), other.rows.get(identity)]
    const name = keyText(projection.keys, (a ?? b)?.key ?? [])
    if (a === undefined) return `the row ${name} is there, and was not`
    if (b === undefined) return `the row ${name} is not there, and was`
    for (const [i, column] of projection.columns.entries()) {
      const [was, is] = [jsonText(a.row.values[i]), jsonText(b.row.values[i])]
      if (was !== is) return `in the row ${name}, '${column.name}' is ${is}, and was ${was}`
    }
    const [was, is] = [a.row.waiting.join(', '), b.row.waiting.join(', ')]
    if (was !== is) return `the row ${name} waits for ${is || 'nothing'}, and waited for ${was || 'nothing'}`
  }
  return null
}

function orderText(events: readonly TestEvent[]): string {
  return events
    .map(({ id, meta }, i) => `  ${i + 1}. ${meta.type} of ${meta.aggregate_id} (${id})`)
    .join('\n')
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? rawJson(inner) : inner,
  ) as string | undefined
  return text ?? 'unset'
}

/** A long integer as JSON writes it; TypeScript's library does not know JSON.rawJSON yet. */
function rawJson(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value))
}
