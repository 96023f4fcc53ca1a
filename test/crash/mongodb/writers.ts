import { Child } from './child.ts'

const WRITERS = 4
const WRITER = new URL('./writer-child.ts', import.meta.url)

export interface WriterOptions {
  /** Of the first writer, where it has a way of its own to the server. */
  firstUrl?: string
  /** The first writer gives positions by its own clock. */
  firstStamps?: boolean
}

/** Writers that work at once. One that is killed is replaced, under another name. */
export class Writers {
  readonly #url: string
  readonly #options: WriterOptions
  readonly #all: Child[] = []
  readonly #running: Child[] = []

  constructor(url: string, options: WriterOptions = {}) {
    this.#url = url
    this.#options = options
    for (let n = 0; n < WRITERS; n += 1) this.#start(n)
  }

  /** Also those that were killed. */
  get all(): readonly Child[] {
    return this.#all
  }
  get first(): Child {
    return this.#running[0]!
  }

  async goOn(): Promise<void> {
    await Promise.all(this.#running.map((writer) => writer.goesOn()))
  }

  async areRefused(pattern: RegExp): Promise<void> {
    await Promise.all(this.#running.map((writer) => writer.isRefused(pattern)))
  }

  async killAndReplace(n: number): Promise<void> {
    const at = n % WRITERS
    await this.#running[at]!.end('SIGKILL')
    this.#start(at)
  }

  /** Each comes to the end of its call. Exit codes. */
  stop(): Promise<(number | string)[]> {
    return Promise.all(this.#running.map((writer) => writer.end('SIGTERM')))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#running.map((writer) => writer.end('SIGKILL')))
  }

  #start(at: number): void {
    const { firstUrl = this.#url, firstStamps = false } = this.#options
    const name = `w${this.#all.length}`
    const order = at % 2 === 0 ? 'call' : 'aggregate'
    const stamps = at === 0 && firstStamps ? ['own'] : []
    const writer = new Child(WRITER, name, [at === 0 ? firstUrl : this.#url, name, order, ...stamps])
    this.#all.push(writer)
    this.#running[at] = writer
  }
}
