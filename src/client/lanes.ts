/** Work of one name runs one after the other, in the order in which it came; that of others beside it. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>()

  run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name)
    const running = before === undefined ? work() : before.then(work, work)
    this.#last.set(name, running)
    const forget = () => {
      if (this.#last.get(name) === running) this.#last.delete(name)
    }
    running.then(forget, forget)
    return running
  }

  /** Until nothing runs. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values())
  }
}
