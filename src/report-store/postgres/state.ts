import { Buffer } from 'node:buffer'
import type { LogPoint } from '../../event/event.ts'
import type { LogTail, ReportState, SkippedEvent, StaleReason } from '../report-store.ts'

/** The columns that a commit sets; `writeState` has their values, `readState` takes them in this order. */
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

export function writeState(state: ReportState): unknown[] {
  return [
    state.checkpoint?.position ?? null,
    idBytes(state.checkpoint),
    state.shown,
    JSON.stringify(state.waiting),
    state.backfill,
    state.tail === null ? null : JSON.stringify(writeTail(state.tail)),
    JSON.stringify(state.stale),
    JSON.stringify(state.skipped.map((event) => ({ ...event, position: String(event.position) }))),
  ]
}

/** The id in hexadecimal. */
export function readState(row: readonly (string | null)[]): ReportState {
  const [position = null, id = null, shown, waiting, backfill, tail = null, stale, skipped] = row
  const events = JSON.parse(skipped ?? '[]') as (Omit<SkippedEvent, 'position'> & { position: string })[]
  return {
    checkpoint: position === null || id === null ? null : pointFromJson({ position, id }),
    shown: Number(shown),
    waiting: JSON.parse(waiting ?? '{}') as Record<string, number>,
    backfill: Number(backfill),
    tail: tail === null ? null : readTail(JSON.parse(tail) as TailJson),
    stale: JSON.parse(stale ?? '[]') as StaleReason[],
    skipped: events.map((event) => ({ ...event, position: BigInt(event.position) })),
  }
}

export function idBytes(point: LogPoint | null): Buffer | null {
  return point === null ? null : Buffer.from(point.id)
}

type TailJson = ReturnType<typeof writeTail>

function writeTail({ after, upTo, events, idsXor }: LogTail) {
  return { after: pointToJson(after), upTo: pointToJson(upTo), events, idsXor: hex(idsXor) }
}

function readTail({ after, upTo, events, idsXor }: TailJson): LogTail {
  return { after: pointFromJson(after), upTo: pointFromJson(upTo), events, idsXor: bytes(idsXor) }
}

function pointToJson(point: LogPoint): { position: string; id: string } {
  return { position: String(point.position), id: hex(point.id) }
}

function pointFromJson({ position, id }: { position: string; id: string }): LogPoint {
  return { position: BigInt(position), id: bytes(id) }
}

function hex(of: Uint8Array): string {
  return Buffer.from(of).toString('hex')
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
