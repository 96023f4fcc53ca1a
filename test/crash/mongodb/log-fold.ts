import { createHash } from 'node:crypto'
import type { LogPoint, StoredEvent } from '../../../src/event/event.ts'
import { formatUuid } from '../../../src/event/uuid.ts'
import { START } from '../../contracts/event-store/fixture.ts'

const ORDINALS = 1n << 31n

/** A log folded, as a report folds it: whether two have read the same is seen from a few bytes. */
export class LogFold {
  last: LogPoint = START
  #events = 0
  readonly #xor = Buffer.alloc(16)
  readonly #digest = createHash('sha256')
  /** Events by second: shows where two logs part. */
  readonly #seconds = new Map<bigint, number>()

  add({ position, id }: StoredEvent): void {
    this.#events += 1
    for (const [at, byte] of id.entries()) this.#xor[at] = this.#xor[at]! ^ byte
    this.#digest.update(`${position} `).update(id)
    const second = position / ORDINALS
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1)
    this.last = { position, id }
  }

  get events(): number {
    return this.#events
  }

  toJSON(): { events: number; idsXor: string; last: string; sha256: string } {
    return {
      events: this.#events,
      idsXor: this.#xor.toString('hex'),
      last: this.last.id.length === 0 ? '' : `${this.last.position} ${formatUuid(this.last.id)}`,
      sha256: this.#digest.copy().digest('hex'),
    }
  }

  /** The seconds of which the other has another number of events. */
  differences(other: LogFold): string[] {
    const seconds = new Set([...this.#seconds.keys(), ...other.#seconds.keys()])
    const here = (second: bigint): number => this.#seconds.get(second) ?? 0
    const there = (second: bigint): number => other.#seconds.get(second) ?? 0
    return [...seconds]
      .filter((second) => here(second) !== there(second))
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((second) => `second ${second}: ${here(second)} against ${there(second)} events`)
  }
}
