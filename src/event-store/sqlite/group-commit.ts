import { DemetraError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { storeError } from './errors.ts'
import {
  applyOperation,
  inTransaction,
  type OperationArguments,
  type OperationName,
  runOperation,
} from './operations.ts'
import type { WriterReply, WriterRequest } from './writer-link.ts'

/** A commit writes every page that was touched, whole: more events in it, fewer bytes for each. */
const GROUP_EVENTS = 30_000

/**
 * Runs the requests that wait as one transaction, so that they share its cost; none is answered before it is
 * committed. Where one fails, each is run anew as a transaction of its own.
 *
 * @param next gives one more request that waits, or null
 * @returns an answer for each, in their order
 */
export function runTogether(
  connection: Connection,
  first: WriterRequest,
  next: () => WriterRequest | null,
): WriterReply[] {
  const taken: WriterRequest[] = [first]
  try {
    return inTransaction(connection, () => {
      const replies: WriterReply[] = []
      let events = 0
      for (let request: WriterRequest | null = first; request !== null;) {
        const { name, args, now } = request
        replies.push({
          result: applyOperation(connection, name, args as OperationArguments<OperationName>, now),
        })
        events += eventsOf(request)
        request = events < GROUP_EVENTS ? next() : null
        if (request !== null) taken.push(request)
      }
      return replies
    })
  } catch {
    return taken.map((request) => runAlone(connection, request))
  }
}

function runAlone(connection: Connection, { name, args, now }: WriterRequest): WriterReply {
  try {
    return { result: runOperation(connection, name, args as OperationArguments<OperationName>, now) }
  } catch (thrown) {
    return failureOf(thrown, connection.path)
  }
}

/** An error in a form that crosses to the other thread. */
export function failureOf(thrown: unknown, path: string): WriterReply {
  const error = storeError(thrown, path)
  if (!(error instanceof DemetraError)) {
    return { bug: error instanceof Error ? error : new Error(String(error)) }
  }
  const { message, code, exitCode, hints, context } = error
  return { failure: { message, options: { code: code as `DEMETRA_${string}`, exitCode, hints, context } } }
}

function eventsOf({ args }: WriterRequest): number {
  if (typeof args !== 'object' || args === null) return 0
  const { packed, events } = args as { packed?: { length: number }; events?: { length: number } }
  return packed?.length ?? events?.length ?? 0
}
