import { setTimeout as delay } from 'node:timers/promises'
import { Timestamp, type WriteConcernSettings } from 'mongodb'
import { positionAt, positionTimeMs } from '../../event/position.ts'
import { causally } from './causal.ts'
import { checkClock, clockBehind } from './clock-check.ts'
import type { Database, Hello } from './database.ts'
import { fromTimestamp } from './position.ts'
import { newestPosition } from './read.ts'
import type { ClockDocument } from './schema.ts'

/** Between two looks at the clock before events are given positions. */
const CHECK_EVERY_MS = 250
/** So long a server that stood still gets to finish what it had stamped before. */
const SETTLE_MS = 300
/** Where the server's clock has run so much ahead of ours in between, or an answer took so long, something stood still. */
const JUMP_MS = 2000

interface Observation {
  /** Seconds of the time that the server gave to a document of ours. */
  seconds: number
  /** On the clock of performance.now(). */
  seenAtMs: number
}

/**
 * The server's clock, which gives positions.
 *
 * A position is stable once every insert that was stamped below it is over. An insert is over `maxTimeMs` after it
 * arrived, so what was stamped a window ago is, **if the server ran all the while**: a mongod that stood still or whose
 * clock was stepped ahead may still hold an insert that was stamped long ago by its own clock. Hence a time of the
 * server counts only once it has been seen to run for a little since; and after a jump the whole window is waited by
 * our own clock.
 */
export class Clock {
  readonly #database: Database
  readonly #windowMs: number
  #observations: Observation[] = []
  #holdUntilMs = 0
  #told = 0n
  #checkedAtMs = -Infinity
  #checking: Promise<void> | null = null

  constructor(database: Database, windowMs: number) {
    this.#database = database
    this.#windowMs = windowMs
  }

  async now(): Promise<number> {
    return (await this.#database.hello()).localTime.getTime()
  }

  /** Positions below the second that is now, less the window. Never goes back. */
  async stablePosition(): Promise<bigint> {
    await this.#observe()
    if (this.#settled() === undefined) {
      await delay(SETTLE_MS)
      await this.#observe()
    }
    const settled = this.#settled()
    if (settled !== undefined && performance.now() >= this.#holdUntilMs) {
      const seconds = settled.seconds - Math.ceil(this.#windowMs / 1000)
      const stable = seconds <= 0 ? 0n : positionAt(seconds * 1000) - 1n
      if (stable > this.#told) this.#told = stable
    }
    return this.#told
  }

  /**
   * Refuses to have positions given by a clock that stepped back: they would stand below what is there, or run away
   * from it.
   */
  async check(): Promise<void> {
    if (performance.now() - this.#checkedAtMs < CHECK_EVERY_MS) return
    this.#checking ??= this.#check().finally(() => (this.#checking = null))
    await this.#checking
  }

  /** After an answer that was lost: the server may have been started again since, with another clock. */
  async checkAnew(): Promise<void> {
    await this.#checking?.catch(() => undefined)
    this.#checkedAtMs = -Infinity
    await this.check()
  }

  /** The newest position is looked for first: a server that is started again in between is caught by what comes after. */
  async #check(): Promise<void> {
    const askedAtMs = performance.now()
    const newest = await newestPosition(this.#database)
    const hello = await this.#database.hello()
    checkClock(hello, newest)
    if (this.#database.topology === 'standalone') await this.#checkOrdinal(hello, newest)
    this.#checkedAtMs = askedAtMs
  }

  /** Started again within the second that the newest event has, a server alone counts it from 1 once more. */
  async #checkOrdinal(hello: Hello, newest: bigint): Promise<void> {
    if (Math.floor(positionTimeMs(newest) / 1000) < Math.floor(hello.localTime.getTime() / 1000)) return
    const next = fromTimestamp(await this.#stamp({ w: 1 }))
    if (next <= newest) throw clockBehind(hello, newest)
  }

  /** The newest observation after which the server was seen running for a while. */
  #settled(): Observation | undefined {
    const last = this.#observations.at(-1)
    return this.#observations.findLast(({ seenAtMs }) => (last?.seenAtMs ?? 0) - seenAtMs >= SETTLE_MS)
  }

  /** What is read from now on, has seen this. */
  async #stamp(writeConcern: WriteConcernSettings): Promise<Timestamp> {
    return causally(this.#database, async (session) => {
      const document = (await this.#database.repeat(() =>
        this.#database
          .collection<ClockDocument>('demetra_store')
          .findOneAndReplace(
            { _id: 'clock' },
            { at: new Timestamp({ t: 0, i: 0 }) },
            { upsert: true, returnDocument: 'after', writeConcern, session },
          ),
      )) as ClockDocument
      this.#database.sawTime(session.operationTime)
      return document.at
    })
  }

  /** Has the server stamp a document of ours, with most members: all that is below is there when it answers. */
  async #observe(): Promise<void> {
    const askedAtMs = performance.now()
    const at = await this.#stamp({ w: 'majority', j: true })
    const seen = { seconds: at.t, seenAtMs: performance.now() }
    // an answer that took so long may have come from a server that stood still
    const last = this.#observations.at(-1) ?? seen
    const aheadMs = (seen.seconds - last.seconds) * 1000 - (seen.seenAtMs - last.seenAtMs)
    if (aheadMs > JUMP_MS || seen.seenAtMs - askedAtMs > JUMP_MS) {
      this.#holdUntilMs = seen.seenAtMs + this.#windowMs
    }
    const keepFrom = seen.seenAtMs - this.#windowMs - SETTLE_MS
    this.#observations = [...this.#observations.filter(({ seenAtMs }) => seenAtMs > keepFrom), seen].slice(
      -1000,
    )
  }
}
