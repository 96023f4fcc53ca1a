import { resolve } from 'node:path'
import { DemetraError, EXIT } from '../errors.ts'
import { systemClock, type Clock } from './clock.ts'
import { eventText, type ClientEvent, type EventText } from './event-text.ts'
import { Lanes } from './lanes.ts'
import { checkServer, post, type Answer, type Server } from './post.ts'
import { Slots } from './slots.ts'
import { refusedLine } from './spool/refused-line.ts'
import { HeldAggregates } from './spool/held-aggregates.ts'
import { prepareSpool } from './spool/prepare-spool.ts'
import { eventLine } from './spool/record.ts'
import { spoolUnwritable } from './spool/spool-errors.ts'
import { SpoolWriter } from './spool/spool-writer.ts'
import { reasonText, verdictOf } from './verdict.ts'

export interface ClientOptions {
  /** Of the service: `https://source-of-truth`. */
  url: string
  /** What `demetra token create` printed. */
  token: string
  /** A folder on a local disk, for events that could not be delivered; several processes may share one. */
  spool: string
  /** How long `send` may take, but for the disk. Default 5000. */
  timeoutMs?: number
  /** Requests at a time. Default 64. */
  maxRequests?: number
  clock?: Clock
}

export interface SendResult {
  id: string
  /**
   * `stored` and `duplicate`: Demetra has it. `spooled`: it is on the local disk, from which `demetra deliver` sends it.
   * `refused`: Demetra will never take it as it is; it lies in refused.ndjson in the spool, with the reason.
   */
  outcome: 'stored' | 'duplicate' | 'spooled' | 'refused'
  /** Why it was spooled or refused. */
  reason?: string
}

export interface Client {
  /**
   * Sends an event, or keeps it on the local disk: when it resolves, the event is safe. Events of one aggregate arrive in
   * the order of the calls. Throws DemetraError where it is no event, or the disk does not take it either.
   */
  send(event: ClientEvent): Promise<SendResult>
  /** Waits for what is being sent. */
  close(): Promise<void>
}

const TIMEOUT_MS = 5000
const MAX_REQUESTS = 64
/** What a timer of Node can wait. */
const MOST = 2 ** 31 - 1

/** Throws DemetraError where the URL, the token, the spool or a number cannot be used. */
export function createClient(options: ClientOptions): Client {
  return new SpoolingClient(options)
}

class SpoolingClient implements Client {
  readonly #server: Server
  readonly #folder: string
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #lanes = new Lanes()
  readonly #slots: Slots
  readonly #held: HeldAggregates
  readonly #writer: SpoolWriter
  /** The store that answered last. */
  #store: string | null = null
  #isClosed = false

  constructor({ url, token, spool, timeoutMs, maxRequests, clock = systemClock }: ClientOptions) {
    this.#server = checkServer({ url, token })
    this.#folder = resolve(spool)
    this.#timeoutMs = checkWhole('timeoutMs', timeoutMs ?? TIMEOUT_MS)
    this.#clock = clock
    this.#slots = new Slots(checkWhole('maxRequests', maxRequests ?? MAX_REQUESTS))
    prepareSpool(this.#folder)
    this.#held = new HeldAggregates(this.#folder)
    this.#writer = new SpoolWriter({ folder: this.#folder, now: () => clock.now() })
  }

  async send(event: ClientEvent): Promise<SendResult> {
    if (this.#isClosed) throw closed()
    const text = eventText(event, this.#clock.now())
    const deadline = this.#clock.timeout(this.#timeoutMs)
    return this.#lanes.run(text.aggregate, () => this.#deliver(text, deadline))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#lanes.idle()
    await this.#writer.close()
  }

  async #deliver(event: EventText, deadline: AbortSignal): Promise<SendResult> {
    if (this.#isHeld(event)) return this.#spool(event, 'earlier events of its aggregate are in the spool')
    if (!(await this.#slots.take(deadline))) return this.#spool(event, 'no answer in time to those before it')
    let answer: Answer
    try {
      answer = await post(event.text, 'application/json', { server: this.#server, deadline })
    } finally {
      this.#slots.give()
    }
    this.#store = answer.store ?? this.#store
    const verdict = verdictOf(answer)
    if (verdict === 'stored' || verdict === 'duplicate') return { id: event.id, outcome: verdict }
    const reason = reasonText(answer)
    if (verdict !== 'refused') return this.#spool(event, reason)
    await this.#writer.setAside(refusedLine(this.#clock.now(), answer, event.text))
    return { id: event.id, outcome: 'refused', reason }
  }

  #isHeld({ aggregate }: EventText): boolean {
    try {
      return this.#held.has(aggregate)
    } catch (error) {
      throw spoolUnwritable(this.#folder, error)
    }
  }

  async #spool({ id, aggregate, text }: EventText, reason: string): Promise<SendResult> {
    const line = eventLine({ at: this.#clock.now(), aggregate, text })
    this.#held.note(aggregate, await this.#writer.append(line, this.#store))
    return { id, outcome: 'spooled', reason }
  }
}

function checkWhole(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return value
  throw new DemetraError(`The client cannot work with ${name}: ${value}`, {
    code: 'DEMETRA_CLIENT_OPTION_INVALID',
    exitCode: EXIT.usage,
    hints: [`Give a whole number from 1 to ${MOST} as \`${name}\`, or leave it out`],
  })
}

function closed(): DemetraError {
  return new DemetraError('The client is closed, and sends nothing any more', {
    code: 'DEMETRA_CLIENT_CLOSED',
    exitCode: EXIT.failed,
    hints: ['`createClient` makes another one'],
  })
}
