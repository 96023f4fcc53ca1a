import { randomUUID } from 'node:crypto'
import { type Document, Long } from 'mongodb'
import type { AppendResult, ImportProgress, ImportRegister, StoredImportProgress } from '../event-store.ts'
import { importOutOfStep } from '../import-out-of-step.ts'
import { change, literal } from './change.ts'
import type { Database } from './database.ts'
import type { ImportDocument } from './schema.ts'

const IMPORTS = 'demetra_imports'
/** More than an import has calls on their way. */
const SAVES_KNOWN = 16

type Counts = Pick<AppendResult, 'written' | 'duplicates' | 'conflicts'>
const NOTHING: Counts = { written: 0, duplicates: 0, conflicts: 0 }

/** A call of a writer (writers.ts): what it did is in the sums. */
export interface AccountedCall {
  writer: number
  call: number
}

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

/**
 * `call` then stands among those that saved; an attempt that finds it there changes nothing more.
 *
 * @param follows undefined: wherever the import stands
 */
function saving(
  progress: ImportProgress,
  follows: string | null | undefined,
  counts: Counts,
  accounted: readonly AccountedCall[],
): { pipeline: Document[]; call: string } {
  const call = randomUUID()
  const isOurs = { $eq: ['$import_id', literal(progress.importId)] }
  const kept = (field: keyof ImportDocument, anew: unknown): Document => ({
    $cond: [isOurs, `$${field}`, anew],
  })
  const isSaved = { $and: [isOurs, { $in: [call, kept('saved_by', [])] }] }
  const isElsewhere = follows === undefined ? false : { $ne: [kept('state', null), literal(follows)] }
  const calls = Object.fromEntries(accounted.map((of) => [String(of.writer), of.call]))
  const saved = {
    _id: '$_id',
    source: literal(progress.source),
    import_id: literal(progress.importId),
    status: progress.status,
    state: literal(progress.state),
    started_at: kept('started_at', '$$NOW'),
    updated_at: '$$NOW',
    written: { $add: [kept('written', 0), counts.written] },
    duplicates: { $add: [kept('duplicates', 0), counts.duplicates] },
    conflicts: { $add: [kept('conflicts', 0), counts.conflicts] },
    accounted: { $mergeObjects: [kept('accounted', {}), literal(calls)] },
    unsaved: kept('unsaved', []),
    saved_by: { $slice: [{ $concatArrays: [kept('saved_by', []), [call]] }, -SAVES_KNOWN] },
  }
  return { pipeline: [{ $replaceWith: { $cond: [{ $or: [isSaved, isElsewhere] }, '$$ROOT', saved] } }], call }
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
