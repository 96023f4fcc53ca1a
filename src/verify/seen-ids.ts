import { Occurrences } from '../import/occurrences.ts'

/** The ids of the dumps so far, in bounded memory: the first event of an id counts, as in a store. */
export class SeenIds {
  readonly #ids = new Occurrences()
  readonly #firsts = new Occurrences()
  readonly #key = new Uint8Array(16)

  add(id: Uint8Array, digest: Uint8Array): 'new' | 'duplicate' | 'conflict' {
    for (let i = 0; i < 16; i += 1) this.#key[i] = (id[i] as number) ^ (digest[i] as number)
    if (this.#ids.next(id) === 0) {
      this.#firsts.next(this.#key)
      return 'new'
    }
    return this.#firsts.has(this.#key) ? 'duplicate' : 'conflict'
  }

  close(): void {
    this.#ids.close()
    this.#firsts.close()
  }
}
