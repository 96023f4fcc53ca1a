import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import { readEvent } from '../event/read-event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { Access } from './authenticate.ts'
import type { EventResult } from './event-schema.ts'
import { explainRefusal } from './explain-refusal.ts'
import { HttpError, toHttpError } from './http-error.ts'
import type { IngestOutcome } from './group-commit.ts'
import type { ServerParts } from './server-parts.ts'

/** One event of a request: how it becomes an event line, and what it was given as, to explain a refusal. */
export interface SentEvent {
  form: 'event' | 'cloudevent'
  /** Throws EventError. */
  line: () => string
  given: () => unknown
  /** Of NDJSON. */
  lineNumber?: number | undefined
}

/** Takes the events of one request, in their order, and says what became of each. */
export class Receiver {
  readonly results: EventResult[] = []
  /** Why the store does not take them now: what comes after it in the request is not tried, so that order is kept. */
  failure: HttpError | null = null
  readonly #parts: Pick<ServerParts, 'check' | 'strict' | 'ingest'>
  readonly #access: Access
  readonly #receivedAt = Date.now()
  #pending: { event: NewEvent; at: number }[] = []

  constructor(parts: Pick<ServerParts, 'check' | 'strict' | 'ingest'>, access: Access) {
    this.#parts = parts
    this.#access = access
  }

  /** Events that are read and not yet stored. */
  get pending(): number {
    return this.#pending.length
  }

  add(sent: SentEvent): void {
    const line = sent.lineNumber === undefined ? {} : { line: sent.lineNumber }
    try {
      const event = readEvent(sent.line(), { receivedAt: this.#receivedAt, strict: this.#parts.strict })
      const id = formatUuid(event.id)
      this.#parts.check(event)
      if (!this.#access.services.includes(event.service)) {
        this.results.push({ ...line, id, ...refused(foreignService(event.service)) })
        return
      }
      this.#pending.push({ event, at: this.results.length })
      this.results.push({ ...line, id, status: 200, outcome: 'stored' })
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      const { id, error: told } = explainRefusal(error, sent.given, sent.form)
      this.results.push({ ...line, ...(id === undefined ? {} : { id }), ...refused(told) })
    }
  }

  /** What could not be read as a record at all. */
  refuse(error: HttpError, lineNumber?: number): void {
    this.results.push({ ...(lineNumber === undefined ? {} : { line: lineNumber }), ...refused(error) })
  }

  /** Why the rest of the request is not read. */
  stopAt(error: HttpError): void {
    if (error.retryAfterSeconds === undefined) return this.refuse(error)
    this.failure ??= error
    this.results.push({ status: error.status, outcome: 'failed', error: error.toJson() })
  }

  /** Stores what was added. */
  async flush(): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    if (pending.length === 0) return
    try {
      if (this.failure !== null) throw this.failure
      const outcomes = await this.#parts.ingest.submit(pending.map(({ event }) => event))
      for (const [i, { at }] of pending.entries()) this.#tell(at, outcomes[i] as IngestOutcome)
    } catch (error) {
      this.failure ??= toHttpError(error)
      const { status } = this.failure
      for (const { at } of pending) this.#set(at, { status, outcome: 'failed', error: this.failure.toJson() })
    }
  }

  #tell(at: number, outcome: IngestOutcome): void {
    if (outcome === 'stored') return
    if (outcome === 'duplicate') this.#set(at, { status: 409, outcome })
    else if (outcome === 'conflict') this.#set(at, { status: 422, outcome, error: CONFLICT.toJson() })
    else this.#set(at, refused(explainRefusal(outcome, () => undefined, 'event').error))
  }

  #set(at: number, changed: Partial<EventResult>): void {
    Object.assign(this.results[at] as EventResult, changed)
  }
}

const CONFLICT = new HttpError(422, 'DEMETRA_CONFLICT', 'Another event is stored under this id', {
  hints: [
    'GET /events/ID shows the one that is stored; an event never changes, a new one needs an id of its own',
  ],
})

function foreignService(service: string): HttpError {
  return new HttpError(
    403,
    'DEMETRA_TOKEN_SERVICE',
    `This token may not send events of the service '${service}'`,
    {
      hints: ['`demetra token create --service NAME` prints a token for a service'],
    },
  )
}

function refused(error: HttpError): Pick<EventResult, 'status' | 'outcome' | 'error'> {
  return { status: error.status, outcome: 'refused', error: error.toJson() }
}
