import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Client } from 'pg'
import { guard, type Guard } from './guard.ts'
import { PostgresProcess } from './postgres-process.ts'
import type { Postgres, PostgresOptions } from './postgres-types.ts'

export class RunningPostgres implements Postgres {
  readonly port: number
  readonly #folder: string
  readonly #command: { program: string; arguments: readonly string[] }
  readonly #options: PostgresOptions
  readonly #guard: Guard
  #process: PostgresProcess | null = null

  constructor(
    port: number,
    folder: string,
    command: { program: string; arguments: readonly string[] },
    options: PostgresOptions,
  ) {
    this.port = port
    this.#folder = folder
    this.#command = command
    this.#options = options
    this.#guard = guard(folder)
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  url(database = 'postgres'): string {
    const { auth } = this.#options
    const user = auth
      ? `${encodeURIComponent(auth.username)}:${encodeURIComponent(auth.password)}`
      : 'postgres'
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  async createDatabase(): Promise<string> {
    const name = `test_${randomBytes(6).toString('hex')}`
    await withClient(this.url(), (client) => client.query(`CREATE DATABASE ${name}`))
    return this.url(name)
  }

  async start(): Promise<void> {
    const { program, arguments: args } = this.#command
    const started = new PostgresProcess(program, args, `${this.#folder}/${this.port}.log`)
    this.#process = started
    this.#guard.watch(started.pid)
    await started.answers('PostgreSQL', async () => (await started.listens()) && (await answers(this.url())))
  }

  async pause(): Promise<void> {
    this.#guard.watch((await this.#process?.pause()) ?? [])
  }

  async resume(): Promise<void> {
    this.#process?.resume()
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async restart(): Promise<void> {
    await this.#end('SIGINT')
    await this.start()
  }

  async stop(): Promise<void> {
    // what goes with its folder needs no tidy end
    await this.#end('SIGKILL')
    this.#guard.dismiss()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    await this.#process?.end(signal)
    this.#guard.watch(null)
  }
}

/** A connection for one piece of work. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('SELECT 1'))
    return true
  } catch {
    return false
  }
}
