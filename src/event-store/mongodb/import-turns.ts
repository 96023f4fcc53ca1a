import type { AppendResult, ImportProgress } from '../event-store.ts'
import { importOutOfStep } from '../import-out-of-step.ts'
import type { Database } from './database.ts'
import type { AccountedCall } from './import-saving.ts'
import { currentState, saveProgress } from './imports.ts'

interface Call {
  /** Of its progress: what the next call goes on from. */
  state: string
  /** It goes on from where the import stands, so far as can be told before it is saved. */
  isInStep: Promise<boolean>
  saved: Promise<boolean>
}

/** One call of an import: it may write once it is its turn, and saves its progress after those before it. */
export interface Turn {
  save(
    counts: Pick<AppendResult, 'written' | 'duplicates' | 'conflicts'>,
    through: readonly AccountedCall[],
  ): Promise<void>
  /** Those sent behind it fail as well. */
  fail(): void
}
/**
 * Events are written at once, progress is saved in the order of the calls: it is never ahead of the events, and after
 * a call that failed it stays where it was.
 */
export class ImportTurns {
  readonly #database: Database
  readonly #last = new Map<string, Call>()

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws DemetraError DEMETRA_IMPORT_OUT_OF_STEP */
  async enter(progress: ImportProgress, follows: string | null | undefined): Promise<Turn> {
    const { importId, state } = progress
    const last = this.#last.get(importId)
    const linked = last !== undefined && last.state === follows ? last : null
    const settled = Promise.withResolvers<boolean>()
    const before = linked === null ? this.#stands(progress, follows, last) : null
    const call: Call = {
      state,
      isInStep: (linked?.isInStep ?? before?.then(({ isInStep }) => isInStep)) as Promise<boolean>,
      saved: settled.promise,
    }
    this.#last.set(importId, call)
    const fail = (): void => {
      settled.resolve(false)
      if (this.#last.get(importId) === call) this.#last.delete(importId)
    }
    try {
      if (!(await call.isInStep)) throw importOutOfStep()
    } catch (error) {
      fail()
      throw error
    }
    return {
      fail,
      save: async ({ written, duplicates, conflicts }, through) => {
        if (linked !== null && !(await linked.saved)) throw importOutOfStep()
        const from = linked?.state ?? (await before)?.state ?? null
        await saveProgress(this.#database, progress, from, { written, duplicates, conflicts }, through)
        settled.resolve(true)
        // the next one finds it in the store
        if (this.#last.get(importId) === call) this.#last.delete(importId)
      },
    }
  }

  /** Where the import stands in the store, once those on their way have come there. */
  async #stands(
    progress: ImportProgress,
    follows: string | null | undefined,
    last: Call | undefined,
  ): Promise<{ state: string | null; isInStep: boolean }> {
    await last?.saved
    const state = await currentState(this.#database, progress)
    return { state, isInStep: follows === undefined || state === follows }
  }
}
