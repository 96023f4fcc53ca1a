/**
 * Appending to the SQLite event store against `sqlite3 .import` of the same rows: the same columns, indexes,
 * cache and durability (WAL, synchronous FULL). The page size is a part of our layout; the peer has SQLite's
 * own unless told. The peer takes one transaction for all, checks nothing, gives no positions and counts
 * nothing; its ids and digests are texts of 16 characters, as long as our 16 bytes.
 *
 *     node bench/sqlite-append.ts [--events 500000] [--rounds 3] [--batch 50000] [--peer-page-size 4096]
 *
 * Rounds alternate, so that a busy machine slows both; the ratio of the medians is what holds.
 */
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { NewEvent } from '../src/event/event.ts'
import type { EventStore } from '../src/event-store/event-store.ts'
import { openEventStore } from '../src/event-store/open.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '3' },
    batch: { type: 'string', default: '50000' },
    'peer-page-size': { type: 'string', default: '4096' },
  },
})
const EVENTS = Number(values.events)
const ROUNDS = Number(values.rounds)
const BATCH = Number(values.batch)
const IN_FLIGHT = 2

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const csv = join(folder, 'events.csv')

/**
 * About 380 bytes as a line of NDJSON: 12 types, random ids, a correlation for every third. The five events of
 * an aggregate stand within some two thousand of each other, as those of a purchase or a case do.
 */
function makeEvent(n: number): NewEvent {
  const types = ['landed', 'requested', 'completed', 'item-added', 'item-removed', 'cart-viewed']
  const aggregate = Math.floor((n + ((n * 7919) % 2000)) / 5)
  const name = createHash('md5').update(String(aggregate)).digest('hex').slice(0, 12)
  const payload = {
    amount: `${n % 1000}.0000/EUR`,
    method: 'card',
    country: 'IT',
    note: 'lorem ipsum dolor sit amet consectetur adipiscing',
    lines: [n % 7, n % 11, n % 13],
    reference: `ref-${n}`,
    status: 'ok',
  }
  return {
    id: randomBytes(16),
    service: 'core',
    type: `${n % 2 === 0 ? 'purchase' : 'payment'}-${types[(n * 31) % types.length]}`,
    createdAt: 1_451_649_600_000 + n * 137,
    receivedAt: 1_760_000_000_000,
    aggregateId: `purchase/${name}`,
    correlationId: n % 3 === 0 ? `customer/${aggregate % 5000}` : null,
    metaExtra: null,
    payload: JSON.stringify(payload),
    digest: createHash('sha256').update(String(n)).digest().subarray(0, 16),
    position: null,
  }
}

function writeCsv(events: readonly NewEvent[]): void {
  const file = openSync(csv, 'w')
  const text16 = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 12)).toString('base64')
  let position = 1_760_000_000n << 31n
  let lines: string[] = []
  for (const event of events) {
    const { id, service, type, createdAt, receivedAt, aggregateId, correlationId, payload, digest } = event
    const quoted = `"${payload.replaceAll('"', '""')}"`
    lines.push(
      [
        (position += 1n),
        text16(id),
        service,
        type,
        createdAt,
        receivedAt,
        aggregateId,
        correlationId ?? '',
        '',
        quoted,
        text16(digest),
      ].join(','),
    )
    if (lines.length < 10_000) continue
    writeSync(file, `${lines.join('\n')}\n`)
    lines = []
  }
  if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`)
  closeSync(file)
}

const PEER_SQL = `
PRAGMA page_size = ${values['peer-page-size']};
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -131072;
CREATE TABLE events (position INTEGER NOT NULL, id BLOB NOT NULL, service TEXT NOT NULL, type TEXT NOT NULL,
  created_at INTEGER NOT NULL, received_at INTEGER NOT NULL, aggregate_id TEXT NOT NULL, correlation_id TEXT,
  meta_extra TEXT, payload TEXT NOT NULL, digest BLOB NOT NULL);
CREATE UNIQUE INDEX events_by_id ON events(id);
CREATE INDEX events_by_position ON events(position, id, type);
CREATE INDEX events_by_type ON events(type, position, id);
CREATE INDEX events_by_aggregate ON events(aggregate_id, position);
CREATE INDEX events_by_correlation ON events(correlation_id, position) WHERE correlation_id <> '';
.import --csv ${csv} events
`

function peer(round: number): number {
  const path = join(folder, `peer-${round}.db`)
  const start = performance.now()
  const { status, stderr } = spawnSync('sqlite3', [path], { input: PEER_SQL, encoding: 'utf8' })
  const seconds = (performance.now() - start) / 1000
  if (status !== 0 || stderr !== '') throw new Error(`sqlite3: ${stderr}`)
  rmSync(path)
  return seconds
}

/** Runs the appends, so many in flight, and closes the store: its log of changes is folded in by then. */
async function appendAll(store: EventStore, events: readonly NewEvent[]): Promise<number> {
  const start = performance.now()
  const inFlight: Promise<unknown>[] = []
  for (let from = 0; from < events.length; from += BATCH) {
    if (inFlight.length === IN_FLIGHT) await inFlight.shift()
    inFlight.push(store.append(events.slice(from, from + BATCH)))
  }
  await Promise.all(inFlight)
  await store.close()
  return (performance.now() - start) / 1000
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN
const rate = (seconds: number): string => `${Math.round(EVENTS / seconds / 1000)}k events/s`

try {
  const events = Array.from({ length: EVENTS }, (_, n) => makeEvent(n))
  writeCsv(events)
  console.log(
    `${EVENTS} events, ${Math.round(statSync(csv).size / EVENTS)} bytes each as CSV, ${BATCH} a call`,
  )
  const times: { peer: number[]; ours: number[]; again: number[] } = { peer: [], ours: [], again: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = join(folder, `store-${round}.db`)
    times.peer.push(peer(round))
    times.ours.push(await appendAll(await openEventStore(`sqlite:${path}`), events))
    times.again.push(await appendAll(await openEventStore(`sqlite:${path}`), events))
    rmSync(path)
  }
  const [theirs, ours, again] = [median(times.peer), median(times.ours), median(times.again)]
  console.log(`sqlite3 .import        ${rate(theirs)}`)
  console.log(`append                 ${rate(ours)}  ${(theirs / ours).toFixed(2)} times as fast`)
  console.log(
    `append, all duplicates ${rate(again)}  ${(ours / again).toFixed(2)} times as fast as the first`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
