import type { NewEvent } from '../../event/event.ts'
import type { AppendOptions, AppendResult } from '../event-store.ts'
import type { Connection } from './connection.ts'
import {
  type OperationArguments,
  type OperationName,
  type OperationResult,
  runOperation,
} from './operations.ts'
import { packEvents, transferables } from './packed-events.ts'
import { retryBusy } from './retry-busy.ts'
import { WriterLink, type WriterSettings } from './writer-link.ts'

/** From here on a batch goes to the writer's thread; below, packing and two hops cost more than they bring. */
const LARGE_BATCH_EVENTS = 2000
/** One string holds the texts of a packed batch; V8 ends at 2^29 - 24 units. */
const PACKED_UNITS = 2 ** 28

/**
 * Runs what writes, in the order in which it was asked for: in this thread where it is little, in a thread
 * of its own, started for the first large batch, where it is much or where that thread is busy anyway.
 */
export class Writer {
  readonly #settings: WriterSettings
  readonly #connect: () => Promise<Connection>
  readonly #now: () => number
  #link: WriterLink | null = null
  /** Settles when everything asked for so far has run here or is on its way to the thread. */
  #turn: Promise<void> = Promise.resolve()

  constructor(settings: WriterSettings, connect: () => Promise<Connection>, now: () => number) {
    this.#settings = settings
    this.#connect = connect
    this.#now = now
  }

  run<Name extends OperationName>(
    name: Name,
    args: OperationArguments<Name>,
  ): Promise<OperationResult<Name>> {
    return this.#inTurn(() => {
      // The thread has the file for as long as it is at it: waiting for it here would be waiting in vain.
      if (this.#link !== null && this.#link.pending > 0) {
        return { result: this.#link.request(name, args, this.#now()), inThread: true }
      }
      return { result: this.#runHere(name, args), inThread: false }
    })
  }

  append(events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    if (events.length < LARGE_BATCH_EVENTS || !fitsOneString(events)) {
      return this.run('append', { events, options })
    }
    const packed = packEvents(events)
    return this.runInThread('append', { packed, options }, transferables(packed))
  }

  /** For much at a time: the process goes on meanwhile. `transfer` is moved to the thread instead of copied. */
  runInThread<Name extends OperationName>(
    name: Name,
    args: OperationArguments<Name>,
    transfer: ArrayBuffer[],
  ): Promise<OperationResult<Name>> {
    return this.#inTurn(() => {
      this.#link ??= new WriterLink(this.#settings)
      return { result: this.#link.request(name, args, this.#now(), transfer), inThread: true }
    })
  }

  /** After everything that was asked for. */
  async close(): Promise<void> {
    await this.#turn
    await this.#link?.close()
    this.#link = null
  }

  #inTurn<Result>(start: () => { result: Promise<Result>; inThread: boolean }): Promise<Result> {
    const started = this.#turn.then(start)
    this.#turn = started
      .then(({ result, inThread }) => (inThread ? undefined : result))
      .then(
        () => undefined,
        () => undefined,
      )
    return started.then(({ result }) => result)
  }

  async #runHere<Name extends OperationName>(
    name: Name,
    args: OperationArguments<Name>,
  ): Promise<OperationResult<Name>> {
    const connection = await this.#connect()
    return retryBusy(this.#settings.path, this.#settings.waitMs, () =>
      runOperation(connection, name, args, this.#now()),
    )
  }
}

function fitsOneString(events: readonly NewEvent[]): boolean {
  let units = 0
  for (const event of events) {
    units += event.payload.length + event.aggregateId.length
    units += (event.correlationId?.length ?? 0) + (event.metaExtra?.length ?? 0)
  }
  return units <= PACKED_UNITS
}
