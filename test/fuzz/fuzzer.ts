import { Bodies } from './bodies.ts'
import { Connection, type Answer } from './connection.ts'
import { PAYLOAD_MARK } from './event-text.ts'
import { Judge } from './judge.ts'
import { Ledger } from './ledger.ts'
import { FUZZ_LIMITS, fuzzCheck } from './limits.ts'
import { OtherRequests } from './other-requests.ts'
import { Posts } from './posts.ts'
import { Random } from './random.ts'
import type { Request } from './request.ts'
import type { Tokens } from './tokens.ts'

const MOST_PROBLEMS = 20

/** Sends requests that a seed decides, by several connections at a time, and compares each answer with what is due. */
export class Fuzzer {
  readonly ledger = new Ledger()
  readonly problems: string[] = []
  #sent = 0
  readonly #port: number
  readonly #seed: number
  readonly #posts: Posts
  readonly #others: OtherRequests
  readonly #secrets: readonly string[]

  constructor(port: number, seed: number, tokens: Tokens) {
    this.#port = port
    this.#seed = seed
    const { lines } = this.ledger
    const bodies = new Bodies(new Judge(fuzzCheck, FUZZ_LIMITS), FUZZ_LIMITS.batchEvents, lines)
    this.#posts = new Posts(bodies, tokens, FUZZ_LIMITS)
    this.#others = new OtherRequests(tokens, FUZZ_LIMITS, lines)
    this.#secrets = tokens.secrets
  }

  /** Resolves when all are answered. */
  async burst(requests: number, connections: number): Promise<void> {
    const end = this.#sent + requests
    await Promise.all(Array.from({ length: connections }, () => this.#work(end)))
  }

  async #work(end: number): Promise<void> {
    let connection: Connection | null = null
    while (this.#sent < end && this.problems.length < MOST_PROBLEMS) {
      if (connection === null || connection.isClosed) {
        connection?.cut()
        connection = await Connection.open(this.#port)
      }
      await this.#exchange(connection, this.#draw(end))
    }
    connection?.cut()
  }

  /** Mostly one request; sometimes several, sent before the first is answered. */
  #draw(end: number): Request[] {
    const requests: Request[] = []
    for (;;) {
      const n = this.#sent
      this.#sent += 1
      const random = new Random(this.#seed, n)
      const drawn = random.chance(0.9) ? this.#posts.draw(random) : this.#others.draw(random)
      const request = { ...drawn, what: [`request ${n} of seed ${this.#seed}`, ...drawn.what] }
      requests.push(request)
      const isLast = this.#sent >= end || request.after !== 'kept' || request.mayLoseAnswer
      if (isLast || requests.length >= 5 || random.chance(0.8)) return requests
    }
  }

  async #exchange(connection: Connection, requests: readonly Request[]): Promise<void> {
    const last = requests.at(-1) as Request
    const bytes = requests.length === 1 ? last.bytes : Buffer.concat(requests.map((request) => request.bytes))
    await connection.send(bytes, bytes.length % 13 === 0 ? 4 : 1)
    if (last.after === 'ended') connection.end()
    // rubbish behind a request may cost it its answer, never give it a wrong one
    let mayEnd = requests.some(({ mayLoseAnswer, after }) => mayLoseAnswer || after !== 'kept')
    for (const request of requests) {
      if (request === last && request.after === 'cut') connection.cut()
      const answer = await connection.answer(request.isToHead)
      const wasKept = request.after === 'kept'
      if (connection.hangs) this.#problem(request, 'no answer for a minute')
      else if (answer === null && wasKept && !mayEnd)
        this.#problem(request, 'the connection ended without an answer')
      this.#settle(request, answer)
      mayEnd ||= connection.isClosed && answer !== null
    }
    if (last.after === 'kept') return
    // what stands behind the first answer is to rubbish
    for (;;) {
      const answer = await connection.answer()
      if (answer === null) break
      if (answer.status >= 500) this.#problem(last, `answered ${answer.status}: ${answer.body}`)
    }
    connection.cut()
  }

  #settle(request: Request, answer: Answer | null): void {
    try {
      this.ledger.settle(request, answer)
      if (answer !== null) this.#checkSecrets(request, answer)
    } catch (error) {
      this.#problem(request, `${String(error)}; answer: ${answer?.status} ${answer?.body.slice(0, 1000)}`)
      return
    }
    const [event, more] = request.judged
    const isOne =
      answer?.status === 200 && request.what.includes('as application/json') && event && more === undefined
    if (isOne && request.bytes.includes('\r\n\r\n{"id":"')) this.#remember(request)
  }

  #remember({ bytes }: Request): void {
    const line = bytes.toString('utf8', bytes.indexOf('\r\n\r\n') + 4)
    if (line.startsWith('{"id":"') && line.endsWith('}')) this.ledger.remember(line)
  }

  #checkSecrets({ asksForPayload }: Request, { head, body }: Answer): void {
    for (const secret of this.#secrets) {
      if (body.includes(secret) || head.includes(secret)) throw new Error('a secret is in the answer')
    }
    if (!asksForPayload && body.includes(PAYLOAD_MARK)) throw new Error('a payload is in the answer')
  }

  #problem({ what, bytes }: Request, problem: string): void {
    this.problems.push(`${what.join(', ')}: ${problem}\n${bytes.toString('latin1').slice(0, 2000)}`)
  }
}
