import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Pool, type PoolClient, type QueryArrayConfig } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { pause } from '../../pause.ts'
import { isLost, isTimeout, isUndone } from './errors.ts'

const CONNECTIONS = 3
const IDLE_TIMEOUT_MS = 10_000
/** Before a lost connection is made anew: a server that was restarted may answer again. */
export const AGAIN_AFTER_MS = 250

/** Values as the server writes them: what they mean is known by column, and no setting of the driver is changed. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as NonNullable<
  QueryArrayConfig['types']
>

export interface Answer {
  rows: (string | null)[][]
  /** Rows found or changed. */
  count: number
}

/** Asks the server something; parameters are `$1`, `$2` and so on. */
export type Ask = (sql: string, parameters?: readonly unknown[]) => Promise<Answer>

/** Sends rows to a `COPY … FROM STDIN`. */
export type Copy = (sql: string, text: readonly Buffer[]) => Promise<void>

/** How long to wait, in milliseconds. */
export interface Waits {
  /** For the server to answer at all. */
  connectMs?: number
  /** For another's lock. */
  lockMs?: number
}
const WAITS = { connectMs: 10_000, lockMs: 10_000 }
/** So long may a run stand still in the middle of a commit, and hold others up. */
const STANDSTILL_TIMEOUT_MS = 60_000

/** The server behind a report store: connections are made when they are wanted, and do not keep a process alive. */
export class PostgresConnection {
  readonly #pool: Pool
  readonly #waits: Required<Waits>

  constructor(connectionString: string, waits: Waits) {
    this.#waits = { ...WAITS, ...waits }
    this.#pool = new Pool({
      connectionString,
      max: CONNECTIONS,
      connectionTimeoutMillis: this.#waits.connectMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      allowExitOnIdle: true,
      keepAlive: true,
      application_name: 'demetra',
    })
    // a connection that is lost says so to whoever uses it; one that nobody uses is no loss
    this.#pool.on('error', () => undefined)
    this.#pool.on('connect', (client) => void client.on('error', () => undefined))
  }

  /** Runs `work`, which writes nothing; again where the connection was lost. */
  async read<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
    return this.again(() => this.#with(work))
  }

  /**
   * Runs `work` in a transaction, all or nothing. A connection that was lost before it began is made anew; work
   * that fails later is not done again, since nobody knows what has become of it.
   */
  async write<Result>(
    work: (ask: Ask, copy: Copy) => Promise<Result>,
    lockMs = this.#waits.lockMs,
  ): Promise<Result> {
    const client = await this.again(() =>
      this.#begin(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = ${lockMs};
        SET LOCAL idle_in_transaction_session_timeout = ${STANDSTILL_TIMEOUT_MS}; SET LOCAL array_nulls = on`),
    )
    let isBroken = false
    try {
      const result = await work(asking(client), copying(client))
      await client.query('COMMIT')
      return result
    } catch (error) {
      isBroken = isLost(error) || !(await rolledBack(client))
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  /** A connection of one's own in a read transaction: one snapshot, whatever is committed meanwhile. */
  async *snapshot<Item>(work: (ask: Ask) => AsyncIterable<Item>): AsyncGenerator<Item> {
    const client = await this.again(() => this.#begin('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'))
    try {
      yield* work(asking(client))
    } finally {
      // also where the reader has had enough before the end
      client.release(!(await rolledBack(client)))
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }

  /** For work that may be done twice. */
  async again<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if ((!isLost(error) && !isUndone(error)) || isTimeout(error)) throw error
      await pause(AGAIN_AFTER_MS)
      return work()
    }
  }

  async #with<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    let isBroken = false
    try {
      return await work(asking(client))
    } catch (error) {
      isBroken = isLost(error)
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  async #begin(sql: string): Promise<PoolClient> {
    const client = await this.#pool.connect()
    try {
      await client.query(sql)
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
  }
}

function asking(client: PoolClient): Ask {
  return async (text, parameters = []) => {
    const values = [...parameters]
    const { rows, rowCount } = await client.query<(string | null)[]>({
      text,
      values,
      rowMode: 'array',
      types: AS_TEXT,
    })
    return { rows, count: rowCount ?? 0 }
  }
}

function copying(client: PoolClient): Copy {
  return (sql, text) => pipeline(Readable.from(text), client.query(copyFrom(sql)))
}

/** False: the connection is of no use any more. */
async function rolledBack(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  )
}
