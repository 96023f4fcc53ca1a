import { Long } from 'mongodb'
import type { ImportProgress, ImportRegister, StoredImportProgress } from '../event-store.ts'
import { importOutOfStep } from '../import-out-of-step.ts'
import { change } from './change.ts'
import type { Database } from './database.ts'
import { type AccountedCall, type Counts, saving } from './import-saving.ts'
import type { ImportDocument } from './schema.ts'

const IMPORTS = 'demetra_imports'
const NOTHING: Counts = { written: 0, duplicates: 0, conflicts: 0 }

/** An import as it stands, with what tells which calls its sums hold. */
export interface StoredImport extends StoredImportProgress {
  /** Number of writer → the last of its calls that is in the sums. */
  accounted: Readonly<Record<string, number>>
  /** Calls of killed writers: their events are there, in no sum. */
  unsaved: readonly bigint[]
}

export class MongoImports implements ImportRegister {
  readonly #open: () => Promise<Database>

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  async get(fingerprint: string): Promise<StoredImportProgress | null> {
    const found = await findImport(await this.#open(), fingerprint)
    return found && toProgress(found)
  }

  async save(progress: ImportProgress): Promise<void> {
    const { pipeline } = saving(progress, undefined, NOTHING, [])
    await change<ImportDocument>(await this.#open(), IMPORTS, progress.fingerprint, pipeline, {
      upsert: true,
    })
  }

  async forget(fingerprint: string): Promise<void> {
    const database = await this.#open()
    await database.repeat(() => database.collection<ImportDocument>(IMPORTS).deleteOne({ _id: fingerprint }))
  }

  async list(limit: number): Promise<StoredImportProgress[]> {
    // a limit of 0 is none to MongoDB
    if (limit === 0) return []
    const database = await this.#open()
    const found = await database.repeat(() =>
      database
        .collection<ImportDocument>(IMPORTS)
        .find({}, { projection: { accounted: 0, unsaved: 0, saved_by: 0 } })
        .sort({ started_at: -1, updated_at: -1, _id: 1 })
        .limit(limit)
        .toArray(),
    )
    return found.map(toProgress)
  }
}

/**
 * Saves where an import stands and adds to its sums in one step, if it stands at `follows` (null: nothing is
 * stored of this import id; another one under the fingerprint makes way).
 *
 * @throws DemetraError DEMETRA_IMPORT_OUT_OF_STEP where it stands elsewhere; then nothing is saved
 */
export async function saveProgress(
  database: Database,
  progress: ImportProgress,
  follows: string | null,
  counts: Counts,
  accounted: readonly AccountedCall[],
): Promise<void> {
  const { pipeline, call } = saving(progress, follows, counts, accounted)
  const upsert = follows === null
  const saved = await change<ImportDocument>(database, IMPORTS, progress.fingerprint, pipeline, { upsert })
  if (saved?.saved_by.includes(call) !== true) throw importOutOfStep()
}

export async function readImport(database: Database, fingerprint: string): Promise<StoredImport | null> {
  const found = await findImport(database, fingerprint)
  if (found === null) return null
  return {
    ...toProgress(found),
    accounted: found.accounted,
    unsaved: found.unsaved.map((append) => Long.fromValue(append).toBigInt()),
  }
}

/** What an append whose caller does not say it goes on from. */
export async function currentState(
  database: Database,
  { fingerprint, importId }: Pick<ImportProgress, 'fingerprint' | 'importId'>,
): Promise<string | null> {
  const found = await findImport(database, fingerprint)
  return found?.import_id === importId ? found.state : null
}

/** A killed writer's call has left events whose number is in no sum: the import is told when it goes on. */
export async function noteUnsaved(database: Database, importId: string, append: Long): Promise<void> {
  await database.repeat(() =>
    database
      .collection<ImportDocument>(IMPORTS)
      .updateOne({ import_id: importId, status: 'running' }, { $addToSet: { unsaved: append } }),
  )
}

function findImport(database: Database, fingerprint: string): Promise<ImportDocument | null> {
  return database.repeat(() => database.collection<ImportDocument>(IMPORTS).findOne({ _id: fingerprint }))
}

function toProgress(found: ImportDocument): StoredImportProgress {
  return {
    fingerprint: found._id,
    source: found.source,
    importId: found.import_id,
    status: found.status,
    state: found.state,
    startedAt: found.started_at.getTime(),
    updatedAt: found.updated_at.getTime(),
    written: found.written,
    duplicates: found.duplicates,
    conflicts: found.conflicts,
  }
}
