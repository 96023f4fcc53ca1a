import { randomUUID } from 'node:crypto'
import { type ClientSession, type Document, Long, Timestamp } from 'mongodb'
import { archiveFenced } from '../archive-errors.ts'
import { ARCHIVE_LEASE, type CatalogueSegment, type SegmentList, type SegmentRange } from '../catalogue.ts'
import { changedSegment, changesReading, type SegmentChange, type SegmentRecord } from '../segment-change.ts'
import { LEASES, readHead } from './catalogue-head.ts'
import { causally } from './causal.ts'
import { change, literal, withFields } from './change.ts'
import type { Database } from './database.ts'
import { isDuplicateKey } from './errors.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import { LAST_POSITION } from './reading.ts'
import type { CatalogueHead, SegmentDocument } from './schema.ts'
import { toSegment, toSegmentDocument } from './segment-document.ts'

/**
 * Segments are documents of their own, since there may be thousands; but each change of one goes through the head
 * (schema.ts), so that it is one step together with the lease and the revision. Whoever comes next, reading or
 * changing, finds the last change there, whether it has reached its own document or not.
 */
const SEGMENTS = 'demetra_segments'

export function readRevision(database: Database): Promise<number> {
  return causally(database, async (session) => (await readHead(database, session))?.revision ?? 0)
}

export function listSegments(
  database: Database,
  { after = -1n, upTo = LAST_POSITION }: SegmentRange,
): Promise<SegmentList> {
  return causally(database, async (session) => {
    for (;;) {
      const head = await readHead(database, session)
      const documents = await findInRange(database, session, after, upTo)
      const isSame = (await readHead(database, session))?.changes === head?.changes
      if (isSame)
        return { revision: head?.revision ?? 0, segments: withLastChange(documents, head, after, upTo) }
    }
  })
}

export function readSegment(database: Database, number: number): Promise<CatalogueSegment | null> {
  return causally(database, async (session) => {
    // the document last: where the head has moved on in between, its change has reached it
    const head = await readHead(database, session)
    const document = await currentDocument(database, session, head, number)
    return document && toSegment(document)
  })
}

/** `number`: null for the next. Returns the segment's number. One at a time in a process. */
export function changeSegment(
  database: Database,
  number: number | null,
  step: SegmentChange,
  fence: bigint,
): Promise<number> {
  return causally(database, async (session) => {
    for (;;) {
      const head = await readHead(database, session)
      checkHolder(head, fence)
      await settle(database, session, head)
      const wanted = number ?? (head.last_number ?? 0) + 1
      const found = await currentDocument(database, session, head, wanted)
      const changed = changedSegment(wanted, found && toSegment(found), step)
      if (changed === null) return wanted
      const by = randomUUID()
      const after = await change<CatalogueHead>(
        database,
        LEASES,
        ARCHIVE_LEASE,
        changing(head, fence, changed, step, by),
        { session },
      )
      checkHolder(after, fence)
      if (after.change?.by !== by) continue
      await settle(database, session, after)
      return wanted
    }
  })
}

/** Throws where the lease is not held under this token. */
export async function checkFence(database: Database, fence: bigint): Promise<void> {
  checkHolder(await causally(database, (session) => readHead(database, session)), fence)
}

function checkHolder(head: CatalogueHead | null, fence: bigint): asserts head is CatalogueHead {
  if (head === null || head.owner === null || Long.fromValue(head.token).toBigInt() !== fence) {
    throw archiveFenced()
  }
}

/** The head after a change; as it was where the lease or another change has gone on in the meantime. */
function changing(
  head: CatalogueHead,
  fence: bigint,
  changed: SegmentRecord,
  step: SegmentChange,
  by: string,
): Document[] {
  const { changes = 0, revision = 0, last_number: lastNumber = 0 } = head
  const document = literal(toSegmentDocument(changed, changes + 1))
  const isMine = {
    $and: [
      { $eq: ['$token', Long.fromBigInt(fence)] },
      { $ne: ['$owner', null] },
      { $eq: [{ $ifNull: ['$changes', 0] }, changes] },
    ],
  }
  const next = withFields({
    changes: changes + 1,
    revision: revision + (changesReading(step) ? 1 : 0),
    last_number: Math.max(lastNumber, changed.number),
    highest: { $max: ['$highest', literal(toTimestamp(changed.last.position, Timestamp))] },
    change: { by, segment: { $mergeObjects: [document, { changed_at: '$$NOW' }] } },
  })
  return [{ $replaceWith: { $cond: [isMine, next, '$$ROOT'] } }]
}

/** Carries the last change over to its document. One that comes late finds it changed further, and leaves it. */
async function settle(
  database: Database,
  session: ClientSession,
  { change: last }: CatalogueHead,
): Promise<void> {
  if (last === undefined) return
  const { segment } = last
  await database.repeat(() =>
    database
      .collection<SegmentDocument>(SEGMENTS)
      .replaceOne({ _id: segment._id, change: { $lt: segment.change } }, segment, { upsert: true, session })
      .catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error
      }),
  )
}

async function currentDocument(
  database: Database,
  session: ClientSession,
  head: CatalogueHead | null,
  number: number,
): Promise<SegmentDocument | null> {
  const found = await database.repeat(() =>
    database.collection<SegmentDocument>(SEGMENTS).findOne({ _id: number }, { session }),
  )
  const last = head?.change?.segment
  return last?._id === number && last.change > (found?.change ?? 0) ? last : found
}

function findInRange(
  database: Database,
  session: ClientSession,
  after: bigint,
  upTo: bigint,
): Promise<SegmentDocument[]> {
  const filter = {
    'first.position': { $lte: toTimestamp(upTo, Timestamp) },
    ...(after >= 0n && { 'last.position': { $gt: toTimestamp(after, Timestamp) } }),
  }
  return database.repeat(() =>
    database
      .collection<SegmentDocument>(SEGMENTS)
      .find(filter as object, { session })
      .sort({ _id: 1 })
      .toArray(),
  )
}

function withLastChange(
  documents: readonly SegmentDocument[],
  head: CatalogueHead | null,
  after: bigint,
  upTo: bigint,
): CatalogueSegment[] {
  const last = head?.change?.segment
  const others = documents.filter(({ _id }) => _id !== last?._id)
  const isInRange =
    last !== undefined &&
    fromTimestamp(last.last.position) > after &&
    fromTimestamp(last.first.position) <= upTo
  const all = isInRange ? [...others, last] : others
  return all.toSorted((a, b) => a._id - b._id).map(toSegment)
}
