import type { Database } from '../../event-store/mongodb/database.ts'
import { forgetTorn } from './claim.ts'
import { tornNumbers, type Marks } from './commit-marks.ts'
import type { RowDocument } from './row-document.ts'
import { BEFORE, COMMIT, DELETED_AT, type GenerationDocument } from './schema.ts'
import { memoryName } from '../report-name.ts'

/** Much longer than a lease: no writer can still be at work with what is older. */
const LONG_AGO_MS = 3_600_000

/**
 * Takes back what cut-off commits have written, so that people are not shown it; a row that a later commit has
 * written is left as it is. May be done again, and beside others. On a connection that waits: each row is looked at.
 */
export async function takeBack(
  database: Database,
  { collection, memory }: Pick<GenerationDocument, 'collection' | 'memory'>,
  torn: readonly number[],
): Promise<void> {
  if (torn.length === 0) return
  const written = { [COMMIT]: { $in: torn } }
  const restored = [{ $replaceWith: { $mergeObjects: [`$${BEFORE}`, { _id: '$_id' }] } }]
  const patient = await database.withoutTimeout()
  try {
    for (const name of memory === null ? [collection] : [collection, memoryName(collection)]) {
      const rows = patient.collection<RowDocument>(name)
      await patient.repeat(() => rows.updateMany({ ...written, [BEFORE]: { $ne: null } }, restored))
      await patient.repeat(() => rows.deleteMany({ ...written, [BEFORE]: null }))
    }
  } finally {
    await patient.close()
  }
}

/** Forgets commits that were cut off long ago, once nothing of them is left. */
export async function forgetLongAgo(database: Database, found: GenerationDocument): Promise<void> {
  const longAgo = longBefore(found)
  if (found.torn.every(({ at }) => at >= longAgo)) return
  await takeBack(database, found, tornNumbers(found))
  await forgetTorn(database, found, longAgo)
}

/** An hour before the last commit, by the server's clock. */
export function longBefore({ updated_at: lastCommitAt }: Pick<GenerationDocument, 'updated_at'>): Date {
  return new Date(lastCommitAt.getTime() - LONG_AGO_MS)
}

/** Removes rows for good that were deleted long ago. */
export async function purge(database: Database, found: GenerationDocument): Promise<void> {
  const { collection, memory } = found
  const deleted = { [DELETED_AT]: { $lt: longBefore(found) }, [COMMIT]: committed(found) }
  for (const name of memory === null ? [collection] : [collection, memoryName(collection)]) {
    await database.repeat(() => database.collection<RowDocument>(name).deleteMany(deleted))
  }
}

function committed({ last_commit: last, torn }: Marks): { $lte: number; $nin: number[] } {
  return { $lte: last, $nin: tornNumbers({ torn }) }
}
