/** So many at a time; the others wait, first come, first served. */
export class Slots {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** False: `deadline` was aborted before one was free. */
  async take(deadline: AbortSignal): Promise<boolean> {
    if (deadline.aborted) return false
    if (this.#free > 0) {
      this.#free -= 1
      return true
    }
    return new Promise((resolve) => {
      const taken = () => {
        this.#waiting.delete(taken)
        deadline.removeEventListener('abort', late)
        resolve(true)
      }
      const late = () => {
        this.#waiting.delete(taken)
        resolve(false)
      }
      this.#waiting.add(taken)
      deadline.addEventListener('abort', late, { once: true })
    })
  }

  give(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free += 1
    else next()
  }
}
