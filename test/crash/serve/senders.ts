import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { until } from '../../servers/poll.ts'

/** A client's own patience; what it has sent by then may still arrive. */
const TIMEOUT_MS = 3000
const PATIENCE_MS = 180_000
/** What may be said to an event while servers come and go: all else would set it aside. */
const MAY_BE = new Set([0, 200, 409, 503])

interface Told {
  status: number
  results?: { status: number }[]
}

/** Connections that send events, each its own aggregate, and send again whatever was not acknowledged. */
export class Senders {
  /** By connection: ids in the order in which they were acknowledged. */
  readonly acknowledged: string[][]
  readonly faults: string[] = []
  requests = 0
  unanswered = 0
  #isOver = false
  readonly #url: string
  readonly #token: string
  readonly #working: Promise<void>[]

  constructor(url: string, token: string, connections: number) {
    this.#url = url
    this.#token = token
    this.acknowledged = Array.from({ length: connections }, () => [])
    this.#working = this.acknowledged.map((of, sender) => this.#send(of, sender))
  }

  get events(): number {
    return this.acknowledged.reduce((sum, { length }) => sum + length, 0)
  }

  /** Until each connection has something acknowledged that was sent after now. */
  async goOn(): Promise<void> {
    const before = this.acknowledged.map(({ length }) => length)
    // a batch that is on its way has five events at most
    const goesOn = (): boolean => this.acknowledged.every((of, i) => of.length > (before[i] ?? 0) + 5)
    await until('all connections go on', () => this.faults.length > 0 || goesOn(), PATIENCE_MS)
  }

  /** After the events in hand are acknowledged. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#working)
  }

  async #send(acknowledged: string[], sender: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!this.#isOver && this.faults.length === 0) {
      const size = Math.random() < 0.6 ? 1 : 2 + Math.floor(Math.random() * 4)
      let events = Array.from({ length: size }, () => ({ id: randomUUID(), n: 0 }))
      for (const [i, event] of events.entries()) event.n = acknowledged.length + i
      while (events.length > 0 && this.faults.length === 0) {
        const statuses = await this.#post(
          agent,
          events.map((event) => lineOf(event, sender)),
        )
        const refused = statuses.find((status) => !MAY_BE.has(status))
        if (refused !== undefined) this.faults.push(`answered ${refused}`)
        for (const [i, { id }] of events.entries()) {
          const isStored = statuses[i] === 200 || statuses[i] === 409
          // nothing is stored behind what was not
          const isBehind = statuses.slice(0, i).some((status) => status !== 200 && status !== 409)
          if (isStored && isBehind) this.faults.push(`stored behind one that is not: ${statuses.join(' ')}`)
          if (isStored) acknowledged.push(id)
        }
        events = events.filter((_, i) => statuses[i] !== 200 && statuses[i] !== 409)
        if (events.length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    agent.destroy()
  }

  /** A status for each line; 0: no answer came. */
  async #post(agent: Agent, lines: readonly string[]): Promise<number[]> {
    this.requests += 1
    const all = (status: number): number[] => lines.map(() => status)
    try {
      const type = lines.length === 1 ? 'application/json' : 'application/x-ndjson'
      const { status, results } = await this.#exchange(agent, type, lines.join('\n'))
      return results === undefined ? all(status) : all(status).map((one, i) => results[i]?.status ?? one)
    } catch {
      this.unanswered += 1
      return all(0)
    }
  }

  #exchange(agent: Agent, type: string, body: string): Promise<Told> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': type }
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const sent = request(`${this.#url}/events`, { method: 'POST', agent, headers, signal }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.once('error', reject)
        response.once('close', () => {
          if (!response.complete) return reject(new Error('cut off'))
          const { results } = JSON.parse(text) as Partial<Told>
          resolve({ status: response.statusCode ?? 0, ...(results === undefined ? {} : { results }) })
        })
      })
      sent.once('error', reject).end(body)
    })
  }
}

function lineOf({ id, n }: { id: string; n: number }, sender: number): string {
  return (
    `{"id":"${id}","meta":{"service":"core","type":"sent","created_at":"2016-01-01T00:00:00.000Z",` +
    `"aggregate_id":"sender/${sender}"},"payload":{"n":${n}}}`
  )
}
