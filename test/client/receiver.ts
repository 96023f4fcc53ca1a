import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { freePort } from '../servers/free-port.ts'

export const TOKEN = 'demetra_test_secret'
export const STORE = '6f1f2f5e-6f9d-4f0c-9b1e-0d7d5a0f0a01'

export interface ReceivedEvent {
  id: string
  meta: { aggregate_id: string; type: string; created_at: string; [extra: string]: unknown }
  payload: { n?: number }
}

/** What becomes of a request instead of being answered well. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: object }
  /** Taken, and never answered. */
  | 'stall'
  /** Stored, but the connection breaks in the midst of the answer. */
  | 'half'
  /** The connection breaks before anything is answered, stored or not. */
  | 'drop'
  | 'store and drop'

/** A small service with the answers of Demetra's; it keeps what it is sent in memory. */
export class Receiver implements AsyncDisposable {
  store: string | null = STORE
  token = TOKEN
  /** In the order in which they came, each once. */
  readonly events: ReceivedEvent[] = []
  /** The same, as they were sent. */
  readonly texts = new Map<string, string>()
  /** Requests with events: how many there were in each. */
  readonly requests: number[] = []
  duplicates = 0
  /** Events sent again with another content. */
  conflicts = 0
  /** Asked for every request with events. */
  fault: (events: readonly ReceivedEvent[]) => Fault | undefined = () => undefined
  /** Asked for every event of a request that is taken; a status other than 200 for it. */
  refuse: (event: ReceivedEvent) => number | undefined = () => undefined
  readonly #server = createServer((request, response) => void this.#handle(request, response))
  #port = 0

  async listen(): Promise<this> {
    if (this.#server.listening) return this
    // one that nobody is given while it is away
    if (this.#port === 0) this.#port = await freePort()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** `n` of the payloads that came, by aggregate. */
  numbers(): Record<string, number[]> {
    const numbers: Record<string, number[]> = {}
    for (const { meta, payload } of this.events) (numbers[meta.aggregate_id] ??= []).push(payload.n ?? -1)
    return numbers
  }

  /** It can listen again, at the same port. */
  async away(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.away()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null)
    if (body === null) return
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      response
        .writeHead(401)
        .end(JSON.stringify({ error: { code: 'DEMETRA_TOKEN', message: 'no such token' } }))
      return
    }
    if (this.store !== null) response.setHeader('demetra-store', this.store)
    if (request.method !== 'POST') {
      response.writeHead(404).end('{}')
      return
    }
    const isBatch = request.headers['content-type'] === 'application/x-ndjson'
    const lines = isBatch ? body.trimEnd().split('\n') : [body]
    const events = lines.map((line) => JSON.parse(line) as ReceivedEvent)
    this.requests.push(events.length)
    const fault = this.fault(events)
    if (fault === 'stall') return
    if (fault === 'drop') return void request.socket.resetAndDestroy()
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(JSON.stringify(fault.body ?? {}))
      return
    }
    const results = events.map((event, i) => ({
      id: event.id,
      status: this.#take(event, lines[i] as string),
      new: 1,
    }))
    if (fault === 'store and drop') return void request.socket.resetAndDestroy()
    const isWell = results.every(({ status }) => status === 200 || status === 409)
    const status = isBatch ? (isWell ? 200 : 207) : (results[0]?.status ?? 400)
    const answer = JSON.stringify(isBatch ? { results } : results[0])
    response.writeHead(status, { 'content-length': answer.length })
    if (fault !== 'half') return void response.end(answer)
    response.write(answer.slice(0, answer.length / 2), () => request.socket.resetAndDestroy())
  }

  #take(event: ReceivedEvent, line: string): number {
    const refused = this.refuse(event)
    if (refused !== undefined) return refused
    const known = this.texts.get(event.id)
    if (known === undefined) {
      this.texts.set(event.id, line)
      this.events.push(event)
      return 200
    }
    this.duplicates += 1
    if (known === line) return 409
    this.conflicts += 1
    return 422
  }
}
