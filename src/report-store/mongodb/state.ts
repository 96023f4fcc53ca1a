import { Buffer } from 'node:buffer'
import { Binary, Long } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import type { LogTail, ReportState, ReportStatus, StaleReason } from '../report-store.ts'
import type { GenerationDocument, PointDocument, StateDocument, TailDocument } from './schema.ts'
import { toBigInt } from './values.ts'

/** The part of a generation's document that a commit sets. */
export function stateDocument(state: ReportState): StateDocument {
  return {
    checkpoint: state.checkpoint === null ? null : pointDocument(state.checkpoint),
    shown: state.shown,
    waiting: Object.entries(state.waiting).map(([column, rows]) => ({ column, rows })),
    backfill: state.backfill,
    tail: state.tail === null ? null : tailDocument(state.tail),
    stale: state.stale.map(({ cause, message }) => ({ cause, message })),
    skipped: state.skipped.map(({ id, type, position }) => ({
      id,
      type,
      position: Long.fromBigInt(position),
    })),
  }
}

/** `inUse`: what the view says. `now`: by the server's clock. */
export function readStatus(found: GenerationDocument, inUse: boolean, now: Date): ReportStatus {
  const { lease_owner: owner, lease_expires_at: expires } = found
  const runs = owner !== null && expires !== null && expires > now
  return {
    name: found.name,
    generation: found.generation,
    eventStoreId: found.event_store,
    version: found.version,
    columns: found.columns,
    memory: found.memory,
    hidden: found.hidden,
    indexes: found.indexes,
    inUse,
    table: found.collection,
    view: found.view,
    updatedAt: found.updated_at.getTime(),
    heldBy: runs ? { owner, expiresAt: expires.getTime() } : null,
    ...readState(found),
  }
}

export function pointDocument({ position, id }: LogPoint): PointDocument {
  return { position: Long.fromBigInt(position), id: new Binary(Buffer.from(id)) }
}

function readState(found: StateDocument): ReportState {
  return {
    checkpoint: found.checkpoint === null ? null : readPoint(found.checkpoint),
    shown: found.shown,
    waiting: Object.fromEntries(found.waiting.map(({ column, rows }) => [column, rows])),
    backfill: found.backfill,
    tail: found.tail === null ? null : readTail(found.tail),
    stale: found.stale as unknown as StaleReason[],
    skipped: found.skipped.map(({ id, type, position }) => ({ id, type, position: toBigInt(position) })),
  }
}

function tailDocument({ after, upTo, events, idsXor }: LogTail): TailDocument {
  const xor = new Binary(Buffer.from(idsXor))
  return { after: pointDocument(after), upTo: pointDocument(upTo), events, ids_xor: xor }
}

function readTail({ after, upTo, events, ids_xor: xor }: TailDocument): LogTail {
  return { after: readPoint(after), upTo: readPoint(upTo), events, idsXor: bytes(xor) }
}

function readPoint({ position, id }: PointDocument): LogPoint {
  return { position: toBigInt(position), id: bytes(id) }
}

function bytes(of: Binary): Uint8Array {
  return new Uint8Array(of.value())
}
