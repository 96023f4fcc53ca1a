import type { Socket } from 'node:net'

/** One direction of a connection, which can be stopped and let go on. */
export class HeldStream {
  readonly #to: Socket
  #isHeld: boolean
  #hasEnded = false
  #held: Buffer[] = []

  constructor(from: Socket, to: Socket, isHeld: boolean) {
    this.#to = to
    this.#isHeld = isHeld
    from.on('data', (bytes: Buffer) => {
      this.#held.push(bytes)
      const isFull = this.#flush()
      if (!isFull) return
      from.pause()
      to.once('drain', () => from.resume())
    })
    to.once('close', () => from.resume())
    // a reset is an end too: what came before it still has to arrive
    from.on('error', () => undefined)
    from.on('end', () => this.#end()).on('close', () => this.#end())
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#flush()
  }

  #end(): void {
    this.#hasEnded = true
    this.#flush()
  }

  /** Whether the receiver wants a pause. */
  #flush(): boolean {
    if (this.#isHeld) return false
    let isFull = false
    for (const bytes of this.#held.splice(0)) {
      if (this.#to.writable) isFull = !this.#to.write(bytes)
    }
    if (this.#hasEnded && !this.#to.writableEnded) this.#to.end()
    return isFull && this.#to.writable
  }
}
