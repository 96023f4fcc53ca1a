import { Long } from 'mongodb'
import type { ImportProgress } from '../event-store.ts'
import type { Database } from './database.ts'
import { readImport } from './imports.ts'
import type { WriterDocument } from './schema.ts'

/**
 * Whether an event, by its id's bytes as latin1 text, was written by a call of that number that was cut off. Each is
 * told once: met again it is a duplicate, of a dump that repeats it.
 */
export type IsEarlier = (append: bigint, id: string) => boolean

const IMPORTS_REMEMBERED = 8

/**
 * The calls of an import that were cut off before its progress knew of them: most often in an earlier run, which was
 * killed or lost its server. What carries their numbers is found again by the next run, and is no duplicate.
 */
export class EarlierCalls {
  readonly #database: Database
  readonly #byImport = new Map<string, Promise<IsEarlier>>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Looked up once: what this process writes itself is not of an earlier run. */
  of(progress: ImportProgress): Promise<IsEarlier> {
    let found = this.#byImport.get(progress.importId)
    if (found === undefined) {
      // those before are over
      if (this.#byImport.size >= IMPORTS_REMEMBERED) this.#byImport.clear()
      found = this.#read(progress)
      this.#byImport.set(progress.importId, found)
      found.catch(() => this.#byImport.delete(progress.importId))
    }
    return found
  }

  forget(importId: string): void {
    this.#byImport.delete(importId)
  }

  async #read({ fingerprint, importId }: ImportProgress): Promise<IsEarlier> {
    // the calls first: one that is written down elsewhere in between is found there
    const writers = await this.#database.repeat(() =>
      this.#database
        .collection<WriterDocument>('demetra_writers')
        .find({ 'pending.import_id': importId }, { projection: { 'pending.append': 1 } })
        .toArray(),
    )
    const saved = await readImport(this.#database, fingerprint)
    if (saved?.importId !== importId) return () => false
    const pending = writers.flatMap(({ pending: at }) =>
      at === undefined ? [] : [Long.fromValue(at.append).toBigInt()],
    )
    const numbers = new Set(
      [...pending, ...saved.unsaved].filter((append) => !isAccounted(append, saved.accounted)),
    )
    const told = new Set<string>()
    return (append, id) => {
      if (!numbers.has(append) || told.has(id)) return false
      told.add(id)
      return true
    }
  }
}

function isAccounted(append: bigint, accounted: Readonly<Record<string, number>>): boolean {
  const call = accounted[String(append >> 32n)]
  return call !== undefined && Number(append & 0xffff_ffffn) <= call
}
