import type { NewEvent } from '../../event/event.ts'
import type { AppendOptions, AppendResult, ImportProgress, NewToken, Reader } from '../event-store.ts'
import { appendEvents } from './append.ts'
import { beginBackfill, endBackfill } from './backfills.ts'
import type { Connection } from './connection.ts'
import { forgetProgress, saveProgress } from './imports.ts'
import { acquireLease, releaseLease, renewLease } from './leases.ts'
import type { LeaseHold, LeaseRequest } from './leases.ts'
import { type PackedBatch, PackedEvents } from './packed-events.ts'
import { advanceReader, dropReader } from './readers.ts'
import { changeSegment } from './segments.ts'
import { addToken, revokeToken } from './tokens.ts'
import { addTombstones, entomb, type Move, revive } from './tombstones.ts'

/**
 * Everything that writes, by name, so that it can run in this thread or in the writer's. Arguments and
 * results can be structured-cloned. Each runs in a transaction of its own.
 *
 * @param now milliseconds since 1970
 */
const OPERATIONS = {
  append: (connection: Connection, args: AppendArguments, now: number): AppendResult =>
    appendEvents(
      connection,
      'packed' in args ? new PackedEvents(args.packed) : args.events,
      args.options,
      now,
    ),
  saveProgress: (connection: Connection, progress: ImportProgress, now: number): void =>
    saveProgress(connection, progress, now),
  forgetProgress,
  advanceReader: (connection: Connection, reader: Reader, now: number) =>
    advanceReader(connection, reader, now),
  dropReader,
  beginBackfill,
  endBackfill,
  acquireLease: (connection: Connection, request: LeaseRequest, now: number) =>
    acquireLease(connection, request, now),
  renewLease: (connection: Connection, hold: LeaseHold & { ttlMs: number }, now: number) =>
    renewLease(connection, hold, now),
  releaseLease: (connection: Connection, hold: LeaseHold) => releaseLease(connection, hold),
  addToken: (connection: Connection, token: NewToken, now: number): void => addToken(connection, token, now),
  revokeToken: (connection: Connection, id: string, now: number) => revokeToken(connection, id, now),
  changeSegment,
  entomb,
  addTombstones,
  revive: (connection: Connection, { packed, ...move }: Move & { packed: PackedBatch }) =>
    revive(connection, { ...move, events: new PackedEvents(packed) }),
}

export type AppendArguments =
  { events: readonly NewEvent[]; options: AppendOptions } | { packed: PackedBatch; options: AppendOptions }

export type OperationName = keyof typeof OPERATIONS
export type OperationArguments<Name extends OperationName> = Parameters<(typeof OPERATIONS)[Name]>[1]
export type OperationResult<Name extends OperationName> = ReturnType<(typeof OPERATIONS)[Name]>

/** Runs one operation as one transaction: all of it, durable when this returns, or nothing. */
export function runOperation<Name extends OperationName>(
  connection: Connection,
  name: Name,
  args: OperationArguments<Name>,
  now: number,
): OperationResult<Name> {
  return inTransaction(connection, () => applyOperation(connection, name, args, now))
}

/** Runs one operation inside a transaction that is open. */
export function applyOperation<Name extends OperationName>(
  connection: Connection,
  name: Name,
  args: OperationArguments<Name>,
  now: number,
): OperationResult<Name> {
  const operation = OPERATIONS[name] as (
    connection: Connection,
    args: OperationArguments<Name>,
    now: number,
  ) => OperationResult<Name>
  return operation(connection, args, now)
}

export function inTransaction<Result>({ db }: Connection, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
