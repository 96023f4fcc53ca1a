import type { ReportPart, RowChange, StoredRow } from '../report-store/report-store.ts'
import { isMemoryFull } from './fill-memory.ts'
import type { LoadRows } from './fold.ts'
import { identityOf, type KeyIdentity } from './row-key.ts'

interface CachedRow {
  key: readonly unknown[]
  row: StoredRow | null
  /** It is in the report store, perhaps as it was before. */
  isStored: boolean
  isChanged: boolean
}

/** Rows to be written, by part. */
export type PartChanges = Record<ReportPart, RowChange[]>

/**
 * Stands between the fold and the report store where a generation is filled whose rows do not all fit into memory:
 * a row is read when it is first wanted and written when all of them leave memory, not with each batch.
 */
export class RowCache {
  readonly #load: LoadRows
  readonly #maxRows: number
  readonly #parts = {
    rows: new Map<KeyIdentity, CachedRow>(),
    memory: new Map<KeyIdentity, CachedRow>(),
  }

  constructor(load: LoadRows, maxRows: number) {
    this.#load = load
    this.#maxRows = maxRows
  }

  /** Too many rows to be kept. */
  get isFull(): boolean {
    return isMemoryFull(this.#parts.rows.size + this.#parts.memory.size, this.#maxRows)
  }

  readonly load: LoadRows = async (keys, part) => {
    const cached = this.#parts[part]
    const missing = keys.filter((key) => !cached.has(identityOf(key)))
    const found = missing.length === 0 ? [] : await this.#load(missing, part)
    for (const [i, key] of missing.entries()) {
      const row = found[i] ?? null
      cached.set(identityOf(key), { key, row, isStored: row !== null, isChanged: false })
    }
    return keys.map((key) => cached.get(identityOf(key))?.row ?? null)
  }

  /** What a fold has made of rows that were loaded for it. */
  put(changes: readonly RowChange[], part: ReportPart): void {
    for (const { key, row } of changes) {
      const cached = this.#parts[part].get(identityOf(key))
      if (cached === undefined) throw new Error('a row was changed that was not loaded')
      cached.row = row
      cached.isChanged = true
    }
  }

  /** All that has to be written, apart for rows that the store has and those it has not; then nothing is cached. */
  take(): { fresh: PartChanges; stored: PartChanges } {
    const fresh: PartChanges = { rows: [], memory: [] }
    const stored: PartChanges = { rows: [], memory: [] }
    for (const part of ['rows', 'memory'] as const) {
      for (const { key, row, isStored, isChanged } of this.#parts[part].values()) {
        if (isChanged && (isStored || row !== null)) (isStored ? stored : fresh)[part].push({ key, row })
      }
      this.#parts[part].clear()
    }
    return { fresh, stored }
  }
}
