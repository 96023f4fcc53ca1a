import { DemetraError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { storeError } from './errors.ts'
import {
  type AppendArguments,
  applyOperation,
  inTransaction,
  type OperationArguments,
  type OperationName,
  runOperation,
} from './operations.ts'
import type { WriterReply, WriterRequest } from './writer-link.ts'

/** A commit writes every page that was touched, whole: more events in it, fewer bytes for each. */
const GROUP_EVENTS = 50_000

/**
 * Runs the requests that wait as one transaction, so that they share its cost; none is answered before it is
 * committed. Where one fails, each is run anew as a transaction of its own. An append that fails takes along
 * those of the same import that were sent before its answer was known: their progress counts on it.
 */
export class GroupCommit {
  readonly #connection: Connection
  /** The import whose append failed: what it had sent by then fails the same way. */
  #failed: { importId: string; epoch: number; reply: WriterReply } | null = null

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** `next` gives one more request that waits, or null. Returns an answer for each, in their order. */
  run(first: WriterRequest, next: () => WriterRequest | null): WriterReply[] {
    const taken: WriterRequest[] = [first]
    try {
      return inTransaction(this.#connection, () => {
        const replies: WriterReply[] = []
        let events = 0
        for (let request: WriterRequest | null = first; request !== null;) {
          replies.push(this.#refusal(request) ?? { result: this.#apply(request) })
          events += eventsOf(request)
          request = events < GROUP_EVENTS ? next() : null
          if (request !== null) taken.push(request)
        }
        return replies
      })
    } catch {
      return taken.map((request) => this.#refusal(request) ?? this.#runAlone(request))
    }
  }

  #apply({ name, args, now }: WriterRequest): unknown {
    return applyOperation(this.#connection, name, args as OperationArguments<OperationName>, now)
  }

  #runAlone(request: WriterRequest): WriterReply {
    const { name, args, now, epoch } = request
    try {
      return { result: runOperation(this.#connection, name, args as OperationArguments<OperationName>, now) }
    } catch (thrown) {
      const reply = failureOf(thrown, this.#connection.path)
      const importId = importOf(request)
      if (importId !== null) this.#failed = { importId, epoch, reply }
      return reply
    }
  }

  #refusal(request: WriterRequest): WriterReply | null {
    const failed = this.#failed
    if (failed === null || importOf(request) !== failed.importId) return null
    return request.epoch <= failed.epoch ? failed.reply : null
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

/** The import that an append belongs to. */
function importOf({ name, args }: WriterRequest): string | null {
  return name === 'append' ? ((args as AppendArguments).options.progress?.importId ?? null) : null
}

function eventsOf({ name, args }: WriterRequest): number {
  if (name !== 'append') return 0
  const append = args as AppendArguments
  return 'packed' in append ? append.packed.length : append.events.length
}
