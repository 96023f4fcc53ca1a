import { setTimeout as delay } from 'node:timers/promises'
import {
  type ClientSession,
  type Collection,
  type Db,
  type Document,
  MongoClient,
  type MongoClientOptions,
  type Timestamp,
} from 'mongodb'
import { redactUrl } from '../../text/redact.ts'
import { endWaitsWhenClosed } from './closed-connection.ts'
import { badUrl, hasNoPrimary, isPassing, readOnlyMember, storeError, tooOld } from './errors.ts'

export type Topology = 'standalone' | 'replica set' | 'sharded'

/** What `hello` tells, as far as it is used. */
export interface Hello {
  isWritablePrimary: boolean
  setName?: string
  msg?: string
  me?: string
  primary?: string
  maxWireVersion: number
  localTime: Date
  $clusterTime?: { clusterTime: Timestamp }
}

/** MongoDB 5.0: the first that takes `$` and `.` in keys. */
const MIN_WIRE_VERSION = 13
/** How long the driver looks for a primary at each attempt. */
const SELECTION_MS = 3000
/** A server that stands still is left after so long; the driver's 30 s would keep the process up after its last word. */
const CONNECT_MS = 10_000
/** Nobody is there: a wrong name, a server that is down. */
const FIRST_PATIENCE_MS = 5000
/** The set is there, but has no primary: it will have one after an election. */
const ELECTION_MS = 30_000
/** A store that has answered before: longer than an election, and than a server that stands still for a while. */
const PATIENCE_MS = 60_000
const RETRY_AFTER_MS = 200
/** Every call is bounded on the server's side; what takes longer has lost its answer. */
const SOCKET_TIMEOUT_MS = 45_000

/** What is read has been acknowledged by most, what is acknowledged survives. A URL that says otherwise is not heard. */
const PROMISES: MongoClientOptions = {
  readPreference: 'primary',
  readConcernLevel: 'majority',
  w: 'majority',
  journal: true,
  // unknown outcomes are resolved by reading back: only then are counts right
  retryWrites: false,
  retryReads: false,
}

/** A MongoDB database and how it is spoken to: primary only, majority reads and writes, no retries by the driver. */
export class Database {
  /** Secrets left out. */
  readonly url: string
  readonly topology: Topology
  readonly db: Db
  readonly #givenUrl: string
  readonly #client: MongoClient
  readonly #patienceMs: number
  #isGone = false
  #newestTime: Timestamp | null = null

  private constructor(
    givenUrl: string,
    client: MongoClient,
    db: Db,
    url: string,
    topology: Topology,
    patienceMs: number,
  ) {
    this.#givenUrl = givenUrl
    this.#client = client
    this.db = db
    this.url = url
    this.topology = topology
    this.#patienceMs = patienceMs
  }

  /**
   * @throws DemetraError exit 2 for a URL that is none, 10 for a server that is not reached or takes no writes, 1 for
   *   one that is too old or does not let us in
   */
  static async connect(url: string, options: MongoClientOptions = {}): Promise<Database> {
    endWaitsWhenClosed()
    const shown = redactUrl(url)
    const name = databaseName(url, shown)
    const given = /[?&]serverSelectionTimeoutMS=(\d+)/iu.exec(url)?.[1]
    const selectionMs = given === undefined ? SELECTION_MS : Number(given)
    const startedAt = performance.now()
    for (;;) {
      let client: MongoClient | undefined
      try {
        client = new MongoClient(url, {
          ...PROMISES,
          appName: 'demetra',
          socketTimeoutMS: SOCKET_TIMEOUT_MS,
          serverSelectionTimeoutMS: selectionMs,
          ...(/[?&]connectTimeoutMS=/iu.test(url) ? {} : { connectTimeoutMS: CONNECT_MS }),
          ...options,
        })
        await client.connect()
        const db = client.db(name)
        const topology = checkServer((await db.command({ hello: 1 })) as unknown as Hello, shown)
        return new Database(url, client, db, shown, topology, given === undefined ? PATIENCE_MS : selectionMs)
      } catch (error) {
        await client?.close().catch(() => undefined)
        const patienceMs = given === undefined ? (hasNoPrimary(error) ? ELECTION_MS : FIRST_PATIENCE_MS) : 0
        if (!isPassing(error) || performance.now() - startedAt > patienceMs) throw storeError(error, shown)
      }
      await delay(RETRY_AFTER_MS)
    }
  }

  collection<T extends Document>(name: string): Collection<T> {
    return this.db.collection<T>(name)
  }

  /**
   * Reads in it see all that was there at the newest time that `sawTime` was told of, whichever member answers. Ended by
   * whoever began it.
   */
  session(): ClientSession {
    const session = this.#client.startSession({ causalConsistency: true })
    if (this.#newestTime !== null) session.advanceOperationTime(this.#newestTime)
    return session
  }

  /** What later sessions must not read behind. */
  sawTime(time: Timestamp | undefined): void {
    if (time === undefined) return
    if (this.#newestTime === null || time.greaterThan(this.#newestTime)) this.#newestTime = time
  }

  /** The same on a connection of its own, for what takes long. Closed by whoever asked for it. */
  withoutTimeout(): Promise<Database> {
    return Database.connect(this.#givenUrl, { socketTimeoutMS: 0 })
  }

  hello(): Promise<Hello> {
    return this.repeat(() => this.db.command({ hello: 1 }) as unknown as Promise<Hello>)
  }

  /**
   * Runs what may be run again, until it gets an answer that stands: while servers elect, restart or stand still it
   * is tried again.
   *
   * @throws DemetraError; exit 10 where there was no answer for a minute
   */
  async repeat<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const giveUpAt = this.patience()
    for (;;) {
      try {
        const result = await attempt()
        this.#isGone = false
        return result
      } catch (error) {
        if (!isPassing(error)) throw storeError(error, this.url)
        if (performance.now() > giveUpAt) throw this.gone(error)
      }
      await delay(RETRY_AFTER_MS)
    }
  }

  /** On the clock of performance.now(): until then an answer is waited for. Once it was in vain, no longer. */
  patience(): number {
    return performance.now() + (this.#isGone ? 0 : this.#patienceMs)
  }

  /** Waiting was in vain: what is still to be done is tried once, so that the end comes soon. */
  gone(error: unknown): unknown {
    this.#isGone = true
    return storeError(error, this.url)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

/** @throws DemetraError where the server is not one that can keep events */
export function checkServer(hello: Hello, url: string): Topology {
  if (hello.maxWireVersion < MIN_WIRE_VERSION)
    throw tooOld(url, `it speaks wire version ${hello.maxWireVersion}`)
  if (!hello.isWritablePrimary) throw readOnlyMember(url, hello.me ?? url, hello.primary)
  if (hello.msg === 'isdbgrid') return 'sharded'
  return hello.setName === undefined ? 'standalone' : 'replica set'
}

function databaseName(url: string, shown: string): string {
  const name = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]*)/u.exec(url)?.[1] ?? ''
  if (name === '') throw badUrl(shown, 'it does not name a database')
  try {
    return decodeURIComponent(name)
  } catch {
    throw badUrl(shown, `its database '${name}' cannot be read`)
  }
}
