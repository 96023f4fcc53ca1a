import { formatUuid } from '../../src/event/uuid.ts'
import type { Answer } from './connection.ts'
import type { Judged } from './judge.ts'
import type { Request } from './request.ts'

type Outcome = 'stored' | 'duplicate' | 'conflict' | 'refused' | 'failed'

interface Result {
  id?: string
  status: number
  outcome?: Outcome
  error?: { code: string; message: string }
}

const STATUS: Readonly<Record<Outcome, number>> = {
  stored: 200,
  duplicate: 409,
  conflict: 422,
  refused: 400,
  failed: 503,
}
const REFUSED = new Set([400, 401, 403, 413, 415])
/** The only reasons for which a server that is well may take something later. */
const BUSY = new Set(['DEMETRA_TOO_MANY_TOKENS', 'DEMETRA_SERVER_BUSY'])
const REMEMBERED = 1000

/** What the server has said that it keeps, and what it may keep since nobody heard its answer. By id: the digest. */
export class Ledger {
  readonly stored = new Map<string, string>()
  readonly unheard = new Map<string, string>()
  /** Lines of events that are stored, to be sent again. */
  readonly lines: string[] = []
  readonly outcomes: Record<string, number> = {}
  #remembered = 0

  /** Throws where the answer is not what has to be said. */
  settle(request: Request, answer: Answer | null): void {
    if (answer === null) {
      this.#count('no answer')
      for (const event of request.judged) this.#mayBeStored(event)
      return
    }
    this.#count(String(answer.status))
    if (answer.status >= 500) this.#checkBusy(answer)
    if (request.isPost) this.#settlePost(request, answer)
  }

  #settlePost(request: Request, answer: Answer): void {
    const { judged, certainty, isBatch } = request
    const results = resultsOf(answer)
    if (certainty === 'none') {
      for (const { outcome, id } of results) {
        if (outcome !== 'refused' && outcome !== undefined && outcome !== 'failed')
          throw new Error(`took ${id}`)
      }
      if (answer.status === 200) throw new Error('answered 200')
      return
    }
    if (certainty === 'may' || answer.status === 503) return this.#settleAny(judged, results)
    if (judged.length !== results.length)
      throw new Error(`${judged.length} events, ${results.length} results`)
    for (const [i, event] of judged.entries()) this.#settleOne(request, event, results[i] as Result)
    const isWhole = results.every(({ outcome }) => outcome === 'stored' || outcome === 'duplicate')
    const status = isBatch ? (isWhole ? 200 : 207) : results[0]?.status
    if (status !== answer.status) throw new Error(`answered ${answer.status} where ${status} was due`)
  }

  #settleOne({ services }: Request, event: Judged, result: Result): void {
    const { outcome = 'refused', status } = result
    if (outcome === 'failed' && status === 503) return this.#mayBeStored(event)
    const due = event !== null && services.includes(event.service) ? this.#due(event) : 'refused'
    if (outcome !== due) throw new Error(`${outcome} where ${due} was due: ${JSON.stringify(result)}`)
    const isStatus = outcome === 'refused' ? REFUSED.has(status) : status === STATUS[outcome]
    if (!isStatus) throw new Error(`${outcome} with status ${status}`)
    if (event !== null && due !== 'refused') {
      const id = formatUuid(event.id)
      if (result.id !== id) throw new Error(`${result.id} instead of ${id}`)
      this.#keep(id, event, outcome)
    }
  }

  /** Where it cannot be told how much of a request was taken: what is said to be taken has to be an event. */
  #settleAny(judged: readonly Judged[], results: readonly Result[]): void {
    const told = new Set<string>()
    for (const { id = '', outcome } of results) {
      if (outcome !== 'stored' && outcome !== 'duplicate') continue
      const ofId = judged.filter((event) => event !== null && formatUuid(event.id) === id)
      // a batch may hold the one that is stored and another under the same id
      const event = ofId.find((each) => each !== null && this.#due(each) === outcome) ?? null
      if (event === null) throw new Error(`${outcome} is no answer to ${id}`)
      told.add(id)
      this.#keep(id, event, outcome)
    }
    for (const event of judged)
      if (event !== null && !told.has(formatUuid(event.id))) this.#mayBeStored(event)
  }

  #due(event: NonNullable<Judged>): Outcome {
    const id = formatUuid(event.id)
    const digest = this.stored.get(id) ?? this.unheard.get(id)
    if (digest === undefined) return 'stored'
    return digest === digestOf(event) ? 'duplicate' : 'conflict'
  }

  #keep(id: string, event: NonNullable<Judged>, outcome: Outcome): void {
    this.#count(outcome)
    if (outcome !== 'stored') return
    this.unheard.delete(id)
    this.stored.set(id, digestOf(event))
  }

  #mayBeStored(event: Judged): void {
    if (event === null) return
    const id = formatUuid(event.id)
    if (!this.stored.has(id)) this.unheard.set(id, digestOf(event))
  }

  #checkBusy({ status, head, body }: Answer): void {
    const [result] = resultsOf({ status, head, body })
    const code = result?.error?.code ?? ''
    if (status !== 503 || !BUSY.has(code)) throw new Error(`answered ${status}: ${body}`)
    if (!/^retry-after: \d+/imu.test(head)) throw new Error(`${status} without Retry-After`)
  }

  #count(what: string): void {
    this.outcomes[what] = (this.outcomes[what] ?? 0) + 1
  }

  /** A line of an event that is stored now. */
  remember(line: string): void {
    this.lines[this.#remembered % REMEMBERED] = line
    this.#remembered += 1
  }
}

export function digestOf({ digest }: { digest: Uint8Array }): string {
  return Buffer.from(digest).toString('base64')
}

function resultsOf({ body }: Answer): Result[] {
  if (!body.startsWith('{')) return []
  const told = JSON.parse(body) as Result & { results?: Result[] }
  return told.results ?? [told]
}
