import { archiveFenced } from '../archive-errors.ts'
import {
  ARCHIVE_LEASE,
  type CatalogueSegment,
  type SegmentList,
  type SegmentRange,
  type SegmentState,
} from '../catalogue.ts'
import { changedSegment, changesReading, type SegmentChange, type SegmentRecord } from '../segment-change.ts'
import type { Connection } from './connection.ts'
import { readHighest, saveHighest } from './store-row.ts'

const COLUMNS = `number, state, first_position, first_id, last_position, last_id, events, ids_xor, key, types,
  text_bytes, gzip_bytes, sha256, digests_xor, reason, changed_at`

type Row = [
  number: bigint,
  state: SegmentState,
  firstPosition: bigint,
  firstId: Uint8Array,
  lastPosition: bigint,
  lastId: Uint8Array,
  events: bigint,
  idsXor: Uint8Array,
  key: string | null,
  types: string,
  textBytes: bigint,
  gzipBytes: bigint,
  sha256: Uint8Array,
  digestsXor: Uint8Array,
  reason: string | null,
  changedAt: bigint,
]
const LAST_POSITION = 2n ** 63n - 1n

export function readRevision(connection: Connection): number {
  return Number(connection.get<[bigint]>('SELECT revision FROM demetra_catalogue')?.[0] ?? 0n)
}

export function readSegment(connection: Connection, number: number): CatalogueSegment | null {
  const row = connection.get<Row>(`SELECT ${COLUMNS} FROM demetra_segments WHERE number = ?`, number)
  return row === undefined ? null : toSegment(row)
}

/** In one statement, which sees one state of the file. */
export function listSegments(
  connection: Connection,
  { after = -1n, upTo = LAST_POSITION }: SegmentRange,
): SegmentList {
  const rows = connection.all<[bigint, ...Row] | [bigint, null]>(
    `SELECT revision, ${COLUMNS} FROM demetra_catalogue
     LEFT JOIN demetra_segments ON last_position > ? AND first_position <= ? ORDER BY number`,
    after,
    upTo,
  )
  const revision = Number(rows[0]?.[0] ?? 0n)
  const segments = rows.flatMap(([, ...row]) => (row[0] === null ? [] : [toSegment(row)]))
  return { revision, segments }
}

/** Inside a transaction. */
export function checkFence(connection: Connection, fence: bigint): void {
  const held = connection.get(
    'SELECT 1 FROM demetra_leases WHERE name = ? AND token = ? AND owner IS NOT NULL',
    ARCHIVE_LEASE,
    fence,
  )
  if (held === undefined) throw archiveFenced()
}

/** Inside a transaction. `number`: null for the next. Returns the segment's number. */
export function changeSegment(
  connection: Connection,
  { number: given, change, fence }: { number: number | null; change: SegmentChange; fence: bigint },
  now: number,
): number {
  checkFence(connection, fence)
  const number = given ?? nextNumber(connection)
  const changed = changedSegment(number, readSegment(connection, number), change)
  if (changed === null) return number
  saveSegment(connection, changed, now)
  if (changesReading(change)) connection.run('UPDATE demetra_catalogue SET revision = revision + 1')
  if (changed.last.position > readHighest(connection)) saveHighest(connection, changed.last.position)
  return number
}

function nextNumber(connection: Connection): number {
  const [number] = connection.get<[bigint]>('SELECT coalesce(max(number), 0) + 1 FROM demetra_segments') as [
    bigint,
  ]
  return Number(number)
}

function saveSegment(connection: Connection, segment: SegmentRecord, now: number): void {
  const { content } = segment
  connection.run(
    `INSERT OR REPLACE INTO demetra_segments (${COLUMNS})
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    segment.number,
    segment.state,
    segment.first.position,
    segment.first.id,
    segment.last.position,
    segment.last.id,
    segment.events,
    segment.idsXor,
    content?.key ?? null,
    content && JSON.stringify(content.types),
    content?.textBytes ?? null,
    content?.gzipBytes ?? null,
    content?.sha256 ?? null,
    content?.digestsXor ?? null,
    segment.reason,
    now,
  )
}

function toSegment(row: Row): CatalogueSegment {
  const key = row[8]
  return {
    number: Number(row[0]),
    state: row[1],
    first: { position: row[2], id: row[3] },
    last: { position: row[4], id: row[5] },
    events: Number(row[6]),
    idsXor: row[7],
    content:
      key === null
        ? null
        : {
            key,
            types: JSON.parse(row[9]) as { type: string; events: number }[],
            textBytes: Number(row[10]),
            gzipBytes: Number(row[11]),
            sha256: row[12],
            digestsXor: row[13],
          },
    reason: row[14],
    changedAt: Number(row[15]),
  }
}
