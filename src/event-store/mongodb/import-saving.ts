import { randomUUID } from 'node:crypto'
import type { Document } from 'mongodb'
import type { AppendResult, ImportProgress } from '../event-store.ts'
import { literal } from './change.ts'
import type { ImportDocument } from './schema.ts'

/** More than an import has calls on their way. */
const SAVES_KNOWN = 16

export type Counts = Pick<AppendResult, 'written' | 'duplicates' | 'conflicts'>

/** A call of a writer (writers.ts): what it did is in the sums. */
export interface AccountedCall {
  writer: number
  call: number
}

/**
 * What saves `progress` under its fingerprint if the import stands at `follows`, and adds to its sums. `call` then
 * stands among those that saved; an attempt that finds it there changes nothing more.
 *
 * @param follows undefined: wherever the import stands
 */
export function saving(
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
