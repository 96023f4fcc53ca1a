import { closeSync, openSync, writeSync } from 'node:fs'

/** A pseudo-random stream that is the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const TYPES = [
  'payment-completed',
  'subscription-activated',
  'subscription-renewed',
  'refund-issued',
  'purchase-landed',
]
/** Of two events in a hundred. */
export const RARE_TYPE = 'dispute-opened'
const COUNTRIES = ['IT', 'DE', 'FR', 'ES', 'PL', 'SE']

function typeOf(draw: number): string {
  const common = (draw - 0.02) / 0.98
  return common < 0 ? RARE_TYPE : (TYPES[Math.floor(common * TYPES.length)] as string)
}

export interface DumpEvent {
  id: string
  service: string
  type: string
  createdAt: string
  aggregate: string
  correlation: string
  payload: Record<string, string | number>
}

/** Events of about 380 bytes as NDJSON: payments and the like, in the order in which they happened. */
export function* events(count: number): Generator<DumpEvent> {
  const next = random(1)
  const hex = (digits: number): string =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  for (let i = 0; i < count; i += 1) {
    yield {
      id: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}`,
      service: 'core',
      type: typeOf(next()),
      createdAt: new Date(1_451_606_400_000 + i * 997).toISOString(),
      aggregate: `payment/${1_000_000 + i}`,
      correlation: `container/subscription/${Math.floor(next() * 50_000)}`,
      payload: {
        amount: `${Math.floor(next() * 10_000) / 100}/EUR`,
        method: 'card',
        country: COUNTRIES[Math.floor(next() * COUNTRIES.length)] as string,
        attempt: Math.floor(next() * 4),
        operator: `operator-${Math.floor(next() * 40)}`,
        note: 'recurring charge',
      },
    }
  }
}

export interface Dump {
  path: string
  /** How one event stands in the file, with its line end; `header` before the first, `footer` after the last. */
  line: (event: DumpEvent, index: number) => string
  header?: string
  footer?: string
}

export const ndjsonLine = (e: DumpEvent): string =>
  `{"id":"${e.id}","meta":{"service":"${e.service}","type":"${e.type}","created_at":"${e.createdAt}","aggregate_id":"${e.aggregate}",` +
  `"correlation_id":"${e.correlation}"},"payload":${JSON.stringify(e.payload)}}\n`

export const arrayLine = (e: DumpEvent, index: number): string =>
  `${index === 0 ? '' : ','}\n  ${ndjsonLine(e).trimEnd()}`

/** Demetra's own CSV, a column for each member of the payload. */
export const CSV_HEADER =
  'id,meta.service,meta.type,meta.created_at,meta.aggregate_id,meta.correlation_id,payload.amount,payload.method,' +
  'payload.country,payload.attempt,payload.operator,payload.note\n'
export const csvLine = (e: DumpEvent): string =>
  `${[e.id, e.service, e.type, e.createdAt, e.aggregate, e.correlation, ...Object.values(e.payload)].join(',')}\n`

/** The rows that an import stores, ready for `sqlite3 .import`: the same columns, the payload as JSON text. */
export const rowLine = (e: DumpEvent, index: number): string => {
  const ms = Date.parse(e.createdAt)
  const position = BigInt(Math.floor(ms / 1000)) * 2n ** 31n + BigInt((ms % 1000) * 2 ** 21 + index + 1)
  const payload = `"${JSON.stringify(e.payload).replaceAll('"', '""')}"`
  const digest = e.id.replaceAll('-', '').slice(0, 16)
  return `${position},${e.id.replaceAll('-', '').slice(0, 16)},${e.service},${e.type},${ms},${ms},${e.aggregate},${e.correlation},,${payload},${digest}\n`
}

/** Writes the same events in several forms. Returns the bytes of each. */
export function writeDumps(count: number, dumps: readonly Dump[]): void {
  const open = dumps.map((dump) => ({ ...dump, fd: openSync(dump.path, 'w'), buffer: dump.header ?? '' }))
  let index = 0
  for (const event of events(count)) {
    for (const dump of open) {
      dump.buffer += dump.line(event, index)
      if (dump.buffer.length > 1 << 20) {
        writeSync(dump.fd, dump.buffer)
        dump.buffer = ''
      }
    }
    index += 1
  }
  for (const dump of open) {
    writeSync(dump.fd, dump.buffer + (dump.footer ?? ''))
    closeSync(dump.fd)
  }
}
