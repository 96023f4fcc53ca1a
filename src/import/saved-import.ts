import { randomUUID } from 'node:crypto'
import type { ImportProgress, StoredImportProgress } from '../event-store/event-store.ts'
import { START, type Cursor } from './batches.ts'
import type { ImportTotals } from './result.ts'

/** What `state` of an import's progress holds, as JSON. */
export interface SavedState {
  cursor: Cursor
  rejectsPath: string
  rejectsBytes: number
}

/** Where an import stands in the store: what a run starts from, what it saves, what all its runs did. */
export class SavedImport {
  readonly importId: string
  readonly start: Cursor
  /** What this import had written of its rejects file at `start`; undefined where there was no run before. */
  readonly rejects: { path: string; sizeBytes: number } | undefined
  /** The state that the store has of this import at `start`. */
  readonly state: string | null
  /** An earlier run of it was interrupted. */
  readonly isResumed: boolean
  readonly #fingerprint: string
  readonly #source: string

  /** `saved`: what an earlier run left; it is gone on from where that was interrupted, unless `restart`. */
  constructor(fingerprint: string, source: string, saved: StoredImportProgress | null, restart: boolean) {
    this.#fingerprint = fingerprint
    this.#source = source
    if (saved?.status === 'running' && !restart) {
      this.isResumed = true
      const { cursor, rejectsPath, rejectsBytes } = readState(saved)
      this.importId = saved.importId
      this.start = cursor
      this.state = saved.state
      this.rejects = { path: rejectsPath, sizeBytes: rejectsBytes }
    } else {
      this.isResumed = false
      this.importId = randomUUID()
      this.start = START
      this.state = null
      this.rejects = undefined
    }
  }

  progress(
    cursor: Cursor,
    rejects: { path: string; sizeBytes: number },
    status: 'running' | 'finished',
  ): ImportProgress {
    const state: SavedState = { cursor, rejectsPath: rejects.path, rejectsBytes: rejects.sizeBytes }
    return {
      fingerprint: this.#fingerprint,
      source: this.#source,
      importId: this.importId,
      status,
      state: JSON.stringify(state),
    }
  }
}

export function readState(saved: ImportProgress): SavedState {
  return JSON.parse(saved.state) as SavedState
}

/** Of all runs of an import. */
export function totalsOf(saved: StoredImportProgress): ImportTotals {
  const { records, events, rejected, ignored } = readState(saved).cursor
  const { written, duplicates, conflicts } = saved
  return { records, events, written, duplicates, conflicts, rejected, ignored }
}
