import { Buffer } from 'node:buffer'
import type { LogPoint } from '../event/event.ts'
import type { LogTail, ReportState, SkippedEvent, StaleReason } from './report-store.ts'

/** What a commit sets of a generation, in the columns of an SQL database; `writeState` has their values. */
export const STATE_COLUMNS = [
  'checkpoint_position',
  'checkpoint_id',
  'shown',
  'waiting',
  'backfill',
  'tail',
  'stale',
  'skipped',
] as const

/** Lists and objects as JSON text. */
export function writeState(state: ReportState): (null | number | bigint | string | Uint8Array)[] {
  return [
    state.checkpoint?.position ?? null,
    state.checkpoint?.id ?? null,
    state.shown,
    JSON.stringify(state.waiting),
    state.backfill,
    state.tail === null ? null : JSON.stringify(writeTail(state.tail)),
    JSON.stringify(state.stale),
    JSON.stringify(state.skipped.map((event) => ({ ...event, position: String(event.position) }))),
  ]
}

/** The way back; `checkpoint` is read by each database in its own way. */
export function readState(found: {
  checkpoint: LogPoint | null
  shown: unknown
  waiting: string
  backfill: unknown
  tail: string | null
  stale: string
  skipped: string
}): ReportState {
  const skipped = JSON.parse(found.skipped) as (Omit<SkippedEvent, 'position'> & { position: string })[]
  return {
    checkpoint: found.checkpoint,
    shown: Number(found.shown),
    waiting: JSON.parse(found.waiting) as Record<string, number>,
    backfill: Number(found.backfill),
    tail: found.tail === null ? null : readTail(JSON.parse(found.tail) as TailJson),
    stale: JSON.parse(found.stale) as StaleReason[],
    skipped: skipped.map((event) => ({ ...event, position: BigInt(event.position) })),
  }
}

interface PointJson {
  position: string
  /** In hexadecimal. */
  id: string
}

export function pointFromJson({ position, id }: PointJson): LogPoint {
  return { position: BigInt(position), id: bytes(id) }
}

function pointToJson({ position, id }: LogPoint): PointJson {
  return { position: String(position), id: hex(id) }
}

type TailJson = ReturnType<typeof writeTail>

function writeTail({ after, upTo, events, idsXor }: LogTail) {
  return { after: pointToJson(after), upTo: pointToJson(upTo), events, idsXor: hex(idsXor) }
}

function readTail({ after, upTo, events, idsXor }: TailJson): LogTail {
  return { after: pointFromJson(after), upTo: pointFromJson(upTo), events, idsXor: bytes(idsXor) }
}

function hex(of: Uint8Array): string {
  return Buffer.from(of).toString('hex')
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
