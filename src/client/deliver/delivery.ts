import { pause } from '../../pause.ts'
import { steadyTime, type Clock } from '../clock.ts'
import { greet, type Answer, type Server } from '../post.ts'
import { reasonText, verdictOf } from '../verdict.ts'
import { backOffMs, MOST_AGE_MS } from './back-off.ts'
import type { Backlog, Entry, Queue } from './backlog.ts'
import { sendBatch } from './send-batch.ts'
import { ServerState } from './server-state.ts'
import type { Settling } from './settling.ts'

/** Requests at a time; some stay free of events that failed before, and may be slow. */
const MOST_REQUESTS = 4
const MOST_SUSPECTS = 3
const MOST_BATCH_BYTES = 4 * 1024 * 1024
const LEAST_BATCH_BYTES = 64 * 1024
/** How often new events are looked for. */
const LOOK_EVERY_MS = 1000
/** What is on its way when it is told to stop gets so long for its answer; it stays in the spool without one. */
const LAST_ANSWERS_MS = 1000

export interface DeliveryOptions {
  server: Server
  clock: Clock
  timeoutMs: number
  /** Stays, and goes on as events come in. */
  follow: boolean
  /** Without `follow`: ends where the next try is later than this after the last event that was taken. */
  giveUpAfterMs: number
  mostBatchEvents: number
  random: () => number
  signal: AbortSignal
  /** Nothing goes on for now, and why. */
  onTrouble: (message: string, againInMs: number) => void
}

/** Why it ended with events left. */
export interface Stopped {
  /** `not-allowed`: somebody has to give it another token. */
  why: 'away' | 'not-allowed'
  reason: string
}

/**
 * Sends what a backlog holds. In a request there is one event of an aggregate at most, and its next one is sent when that
 * is through, so that their order is kept whatever is refused or fails. Where a request of many fails as a whole, each is
 * sent alone once the server takes events again; one that fails alone keeps its aggregate back, and nobody else.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #backlog: Backlog
  readonly #settling: Settling
  readonly #server: ServerState
  /** When something is tried again is told by this. */
  readonly #now: () => number
  readonly #onTheirWay = new Set<Promise<void>>()
  readonly #cutOff = new AbortController()
  #suspects = 0
  #mostBatchBytes = MOST_BATCH_BYTES
  #isGreeted = false
  #lastReason = ''
  #lastTakenAt: number
  #stopped: Stopped | null = null
  #failure: { error: unknown } | null = null

  constructor(backlog: Backlog, settling: Settling, options: DeliveryOptions) {
    this.#options = options
    this.#backlog = backlog
    this.#settling = settling
    this.#server = new ServerState(options.random)
    this.#now = steadyTime(options.clock)
    this.#lastTakenAt = this.#now()
  }

  /** Until all is through, or it cannot go on, or `signal` is aborted; null: all is through. */
  async run(): Promise<Stopped | null> {
    const { clock, follow, signal } = this.#options
    const ended = new AbortController()
    const stopSoon = (): void =>
      void clock.pause(LAST_ANSWERS_MS, ended.signal).then(() => {
        if (!ended.signal.aborted) this.#cutOff.abort()
      })
    signal.addEventListener('abort', stopSoon, { once: true })
    try {
      while (!this.#hasToEnd()) {
        await this.#settling.damaged(this.#backlog.readOn(2 * this.#options.mostBatchEvents))
        this.#backlog.wake(this.#now())
        await this.#start()
        if (this.#onTheirWay.size > 0) {
          await this.#untilOneIsBack()
        } else if (this.#backlog.isEmpty) {
          await this.#settling.tidy(this.#backlog.segments)
          if (!follow) return null
          await clock.pause(LOOK_EVERY_MS, signal)
        } else {
          await this.#untilNextTry()
        }
      }
    } finally {
      await Promise.all(this.#onTheirWay)
      signal.removeEventListener('abort', stopSoon)
      ended.abort()
    }
    if (this.#failure !== null) throw this.#failure.error
    await this.#settling.tidy(this.#backlog.segments)
    return this.#stopped
  }

  #hasToEnd(): boolean {
    return this.#stopped !== null || this.#failure !== null || this.#options.signal.aborted
  }

  /** Whatever may be sent now is on its way when it returns. */
  async #start(): Promise<void> {
    while (!this.#hasToEnd() && this.#backlog.ready.size > 0 && this.#now() >= this.#server.notBefore) {
      if (this.#onTheirWay.size >= (this.#server.isInDoubt || !this.#isGreeted ? 1 : MOST_REQUESTS)) return
      if (!this.#isGreeted && !(await this.#greet())) return
      const entries = this.#next()
      if (entries.length === 0) return
      const request = this.#send(entries)
        .catch((error: unknown) => {
          this.#failure ??= { error }
        })
        .finally(() => this.#onTheirWay.delete(request))
      this.#onTheirWay.add(request)
    }
  }

  async #untilOneIsBack(): Promise<void> {
    const looking = new AbortController()
    // by the true clock: something happens out there
    await Promise.race([...this.#onTheirWay, pause(LOOK_EVERY_MS, looking.signal)])
    looking.abort()
  }

  async #untilNextTry(): Promise<void> {
    const { clock, follow, giveUpAfterMs, signal } = this.#options
    const now = this.#now()
    let next = Infinity
    if (this.#backlog.ready.size > 0) next = now
    for (const { notBefore } of this.#backlog.waiting) next = Math.min(next, notBefore)
    next = Math.max(next, this.#server.notBefore)
    if (!follow && next - this.#lastTakenAt > giveUpAfterMs) {
      this.#stopped = { why: 'away', reason: this.#lastReason }
      return
    }
    // new events of others may go on
    const mostMs = follow && !this.#server.isInDoubt ? LOOK_EVERY_MS : Infinity
    await clock.pause(Math.min(next - now, mostMs), signal)
  }

  /** Whether the server is there, lets one in, and is the right one. */
  async #greet(): Promise<boolean> {
    const answer = await greet(this.#request())
    const verdict = verdictOf(answer)
    // a token that may only send is let in all the same; another version may answer that there is no such event
    const isLetIn = answer.status === 404 || (answer.status === 403 && answer.store !== null)
    if (!isLetIn && (verdict === 'not-allowed' || verdict === 'away')) {
      this.#trouble(verdict, answer)
      return false
    }
    if (answer.store !== null) await this.#settling.meet(answer.store)
    this.#isGreeted = true
    return true
  }

  /** The first of a batch; alone where one is to be sent alone. */
  #next(): Entry[] {
    const most = this.#server.isInDoubt ? 1 : this.#options.mostBatchEvents
    const batch: Entry[] = []
    let bytes = 0
    for (const queue of this.#backlog.ready) {
      const [entry] = queue.entries as [Entry]
      if (isSentAlone(queue) && (batch.length > 0 || this.#suspects >= MOST_SUSPECTS)) continue
      bytes += entry.event.text.length
      if (batch.length > 0 && bytes > this.#mostBatchBytes) break
      batch.push(entry)
      if (batch.length >= most || isSentAlone(queue)) break
    }
    for (const { queue } of batch) this.#backlog.sent(queue)
    return batch
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const isAlone = isSentAlone((entries[0] as Entry).queue)
    const wasInDoubt = this.#server.isInDoubt
    this.#suspects += isAlone ? 1 : 0
    const answer = await sendBatch(
      entries.map(({ event }) => event.text),
      this.#request(),
    ).finally(() => (this.#suspects -= isAlone ? 1 : 0))
    const store = Array.isArray(answer) ? answer[0]?.store : answer.store
    if (typeof store === 'string') await this.#settling.meet(store)
    if (Array.isArray(answer)) await this.#settleEach(entries, answer, wasInDoubt)
    else this.#failedAsOne(entries, answer)
  }

  async #settleEach(
    entries: readonly Entry[],
    answers: readonly Answer[],
    wasInDoubt: boolean,
  ): Promise<void> {
    const verdicts = answers.map(verdictOf)
    const through: { entry: Entry; verdict: 'stored' | 'duplicate' | 'refused'; answer: Answer }[] = []
    for (const [i, entry] of entries.entries()) {
      const [answer, verdict] = [answers[i] as Answer, verdicts[i]]
      if (verdict === 'stored' || verdict === 'duplicate' || verdict === 'refused') {
        through.push({ entry, verdict, answer })
      } else if (!this.#cutOff.signal.aborted && this.#isTooOld(entry)) {
        // one that we cut off ourselves has not failed
        const reason = `not delivered within P1Y; the last answer: ${reasonText(answer)}`
        through.push({ entry, verdict: 'refused', answer: { ...answer, reason } })
      }
    }
    if (through.some(({ verdict, answer }) => verdict !== 'refused' || verdictOf(answer) === 'refused')) {
      this.#server.answered()
      this.#lastTakenAt = this.#now()
    }
    if (through.length > 0) await this.#settling.through(through)
    const isThrough = new Set(through.map(({ entry }) => entry))
    for (const [i, entry] of entries.entries()) {
      if (isThrough.has(entry)) this.#backlog.through(entry.queue)
      else
        this.#failedAlone(entry, answers[i] as Answer, verdicts[i] as 'away', wasInDoubt, entries.length > 1)
    }
  }

  /** An event that failed by itself: its aggregate waits, and where it may be the server's fault, the server is in doubt. */
  #failedAlone(
    { queue }: Entry,
    answer: Answer,
    verdict: 'away' | 'failed' | 'not-allowed',
    wasInDoubt: boolean,
    hadNeighbours: boolean,
  ): void {
    const { random } = this.#options
    this.#lastReason = reasonText(answer)
    const isServers = verdict === 'not-allowed' || (verdict === 'away' && !hadNeighbours)
    if (isServers && (queue.failures === 0 || wasInDoubt || verdict === 'not-allowed'))
      this.#trouble(verdict, answer)
    if (!isServers || !wasInDoubt) {
      queue.failures += 1
      queue.notBefore = this.#now() + backOffMs(queue.failures, answer.retryAfterMs, random)
    }
    this.#backlog.again(queue)
  }

  /** Nobody knows which of them it was. */
  #failedAsOne(entries: readonly Entry[], answer: Answer): void {
    const verdict = verdictOf(answer)
    this.#lastReason = reasonText(answer)
    if (verdict === 'not-allowed' || verdict === 'away') this.#trouble(verdict, answer)
    if (answer.status === 413) {
      const bytes = entries.reduce((sum, { event }) => sum + event.text.length, 0)
      this.#mostBatchBytes = Math.max(LEAST_BATCH_BYTES, Math.min(this.#mostBatchBytes, bytes / 2))
    }
    for (const { queue } of entries) {
      queue.isSuspect = verdict !== 'not-allowed'
      this.#backlog.again(queue)
    }
  }

  #trouble(verdict: 'away' | 'not-allowed', answer: Answer): void {
    const { follow, onTrouble, signal } = this.#options
    const reason = reasonText(answer)
    this.#lastReason = reason
    this.#isGreeted = false
    if (verdict === 'not-allowed' && !follow) {
      this.#stopped = { why: 'not-allowed', reason }
      return
    }
    const againInMs = this.#server.failed(this.#now(), answer.retryAfterMs)
    if (!signal.aborted) onTrouble(reason, againInMs)
  }

  #isTooOld({ event }: Entry): boolean {
    return this.#options.clock.now() - event.at > MOST_AGE_MS
  }

  #request() {
    const { server, clock, timeoutMs } = this.#options
    return { server, deadline: AbortSignal.any([clock.timeout(timeoutMs), this.#cutOff.signal]) }
  }
}

function isSentAlone({ isSuspect, failures }: Queue): boolean {
  return isSuspect || failures > 0
}
