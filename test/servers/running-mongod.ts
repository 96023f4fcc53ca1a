import { rm } from 'node:fs/promises'
import type { Document } from 'mongodb'
import { hello, withDirectClient } from './direct-client.ts'
import { guard, type Guard } from './guard.ts'
import { MongodProcess, type MongodCommand } from './mongod-process.ts'
import type { Mongod, MongodOptions } from './mongod-types.ts'

export class RunningMongod implements Mongod {
  readonly port: number
  readonly #folder: string
  readonly #command: MongodCommand
  readonly #options: MongodOptions
  readonly #guard: Guard
  #process: MongodProcess | null = null

  constructor(port: number, folder: string, command: MongodCommand, options: MongodOptions) {
    this.port = port
    this.#folder = folder
    this.#command = command
    this.#options = options
    this.#guard = guard(folder)
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  url(database: string): string {
    const { auth, replicaSet } = this.#options
    const user = auth && `${encodeURIComponent(auth.username)}:${encodeURIComponent(auth.password)}@`
    const parameters = new URLSearchParams({
      ...(auth && { authSource: 'admin' }),
      ...(replicaSet !== undefined && { replicaSet }),
    })
    const query = parameters.size === 0 ? '' : `?${parameters.toString()}`
    return `mongodb://${user ?? ''}127.0.0.1:${this.port}/${database}${query}`
  }

  async start(): Promise<void> {
    await this.#run(() => true)
    const { auth } = this.#options
    if (auth === undefined) return
    // the first user may be made without one, from this machine
    await withDirectClient(this.port, (client) =>
      client.db('admin').command({ createUser: auth.username, pwd: auth.password, roles: ['root'] }),
    )
  }

  async pause(): Promise<void> {
    await this.#process?.pause()
  }

  async resume(): Promise<void> {
    this.#process?.resume()
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async shutDown(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async restart(): Promise<void> {
    await this.shutDown()
    await this.#run(this.#options.replicaSet === undefined ? () => true : isMember)
  }

  async stop(): Promise<void> {
    // what goes with its folder needs no tidy end
    await this.#end(this.#options.dbPath === undefined ? 'SIGKILL' : 'SIGTERM')
    this.#guard.dismiss()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#process?.end(signal)
    this.#guard.watch(null)
  }

  async #run(isReady: (answer: Document) => boolean): Promise<void> {
    const started = new MongodProcess(this.#command)
    this.#process = started
    this.#guard.watch(started.pid)
    await started.answers('mongod', async () => {
      const answer = await hello(this.port)
      return answer !== null && isReady(answer) && started.listens()
    })
  }
}

/** Alone in its set it is ready when it can be written to. */
function isMember(answer: Document): boolean {
  if (answer['isWritablePrimary'] === true) return true
  const hosts: unknown = answer['hosts']
  return answer['secondary'] === true && Array.isArray(hosts) && hosts.length > 1
}
