import fc from 'fast-check'
import type { StoredEvent } from '../../src/event/event.ts'
import type { TestArchive } from './test-archive.ts'

/** Something that happens to the archive; numbers choose among what there is. */
export type Move =
  | { archive: number; entombed: number }
  /** Entombs what a segment holds and is still live. */
  | { goOnWith: number }
  | { restore: number; share: number }

const ALL = 2 ** 30 - 1
const bits = fc.oneof(fc.constant(ALL), fc.nat(ALL))

export const moves = (maxLength: number): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ archive: bits, entombed: bits }) },
      { weight: 1, arbitrary: fc.record({ goOnWith: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ restore: fc.nat(9), share: bits }) },
    ),
    { maxLength },
  )

/**
 * Makes moves that a run of `archive` or `restore` could make: what is archived is live, what is entombed is in a
 * segment. Keeps books on what is live.
 */
export class Mover {
  readonly #archive: TestArchive
  readonly #live: Set<StoredEvent>
  readonly #restored = new Set<number>()

  constructor(archive: TestArchive, events: readonly StoredEvent[]) {
    this.#archive = archive
    this.#live = new Set(events)
  }

  isLive(event: StoredEvent): boolean {
    return this.#live.has(event)
  }

  async make(move: Move): Promise<void> {
    const archive = this.#archive
    if ('archive' in move) {
      await this.archive(chosen([...this.#live], move.archive), move.entombed)
    } else if ('goOnWith' in move) {
      const number = this.#number(move.goOnWith)
      if (number !== null) await this.#entomb(number, archive.held.get(number) ?? [])
    } else {
      const number = this.#number(move.restore)
      if (number === null) return
      const events = archive.held.get(number) ?? []
      const back = chosen(events, move.share)
      await archive.restore(number, back)
      for (const event of back) this.#live.add(event)
      if (back.length === events.length) this.#restored.add(number)
    }
  }

  /** Those that are live. */
  async archive(events: readonly StoredEvent[], entombed = ALL): Promise<void> {
    const live = events.filter((event) => this.#live.has(event))
    if (live.length === 0) return
    const number = await this.#archive.commit(live)
    await this.#entomb(number, chosen(this.#archive.held.get(number) ?? [], entombed))
  }

  async #entomb(number: number, events: readonly StoredEvent[]): Promise<void> {
    const live = events.filter((event) => this.#live.has(event))
    await this.#archive.entomb(number, live)
    for (const event of live) this.#live.delete(event)
  }

  #number(choice: number): number | null {
    const numbers = [...this.#archive.held.keys()].filter((number) => !this.#restored.has(number))
    return numbers[choice % numbers.length] ?? null
  }
}

/** Those at the set bits. */
function chosen(events: readonly StoredEvent[], mask: number): StoredEvent[] {
  return events.filter((_, i) => ((mask >>> (i % 30)) & 1) === 1)
}
