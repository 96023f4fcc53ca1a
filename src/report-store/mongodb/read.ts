import { setTimeout as delay } from 'node:timers/promises'
import type { AggregationCursor, ClientSession } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import { generationGone } from '../generation-gone.ts'
import { type ColumnValue, type ReportColumn, shownColumns } from '../report-column.ts'
import type { ReportQuery, ReportStatus } from '../report-store.ts'
import { tableChanged } from '../table-changed.ts'
import { generationDocument, missingCollection } from './catalogue.ts'
import { LOST, readPlan } from './read-plan.ts'
import { busy, noCollection } from './report-errors.ts'
import { decode, type RowDocument } from './row-document.ts'
import { type GenerationDocument, generationId, REPORTS, TEXT } from './schema.ts'

interface Begun {
  first: RowDocument | null
  cursor: AggregationCursor<RowDocument>
  session: ClientSession | undefined
}

const ATTEMPTS = 10
const AGAIN_AFTER_MS = 50
const DEFAULT_BATCH = 1000
/** SnapshotUnavailable, SnapshotTooOld at the first batch: a collection was made a moment ago. */
const NO_SNAPSHOT = new Set([246, 239])

/** Rows of a report in batches, from one snapshot. */
export async function* readRows(
  database: Database,
  report: ReportStatus,
  query: ReportQuery,
): AsyncGenerator<ColumnValue[][]> {
  const columns = shownColumns(report)
  const size = query.batchRows ?? DEFAULT_BATCH
  let begun: Begun | null = null
  try {
    const missing = await missingCollection(database, { collection: report.table, memory: null })
    if (missing !== null) throw tableChanged(report, database.url, noCollection(missing))
    begun = await begin(database, report, query)
    let batch: ColumnValue[][] = begun.first === null ? [] : [valuesOf(columns, begun.first)]
    for (;;) {
      if (batch.length >= size) {
        yield batch
        batch = []
      }
      const found = begun.first === null ? null : await begun.cursor.next()
      if (found === null) break
      batch.push(valuesOf(columns, found))
    }
    if (batch.length > 0) yield batch
  } catch (error) {
    const isGone = await generationDocument(database, report).then(
      (found) => found === null,
      () => false,
    )
    throw isGone ? generationGone(report, database.url) : error
  } finally {
    if (begun !== null) await end(begun)
  }
}

/**
 * A cursor that has its first row. A replica set keeps the snapshot. A standalone server has none: there the rows are
 * taken as of the last commit and sorted before the first is given out, so that whatever is written later is too
 * late; where one was written twice meanwhile, it is begun again.
 */
async function begin(database: Database, report: ReportStatus, query: ReportQuery): Promise<Begun> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const begun = await database.repeat(() => attemptRead(database, report, query))
    if (begun !== null) return begun
    await delay(AGAIN_AFTER_MS)
  }
  throw busy(`the report ${report.name} is written faster than it can be read`, database.url)
}

/** Null: to be begun again. */
async function attemptRead(
  database: Database,
  report: ReportStatus,
  query: ReportQuery,
): Promise<Begun | null> {
  const isAlone = database.topology === 'standalone'
  const session = isAlone ? undefined : database.db.client.startSession({ snapshot: true })
  let begun: Begun | null = null
  try {
    const cursor = await openCursor(database, report, query, session)
    begun = { first: null, cursor, session }
    begun.first = await cursor.next()
    if (begun.first?.[LOST] !== true) return begun
  } catch (error) {
    if (!NO_SNAPSHOT.has(Number((error as { code?: unknown }).code))) {
      await (begun === null ? session?.endSession() : end(begun))
      throw error
    }
  }
  await (begun === null ? session?.endSession() : end(begun))
  return null
}

async function openCursor(
  database: Database,
  report: ReportStatus,
  query: ReportQuery,
  session: ClientSession | undefined,
): Promise<AggregationCursor<RowDocument>> {
  const snapshot = session === undefined ? {} : { session, readConcern: { level: 'snapshot' as const } }
  const reports = database.collection<GenerationDocument>(REPORTS)
  const marks = await reports.findOne({ _id: generationId(report) }, snapshot)
  if (marks === null) throw generationGone(report, database.url)
  const isPlain = session !== undefined && marks.torn.length === 0 && marks.pending === null
  const plan = readPlan(report, query, isPlain ? null : marks)
  const rows = database.collection<RowDocument>(report.table)
  const batchSize = query.batchRows ?? DEFAULT_BATCH
  return rows.aggregate<RowDocument>(plan, { ...snapshot, batchSize, allowDiskUse: true })
}

async function end({ cursor, session }: Begun): Promise<void> {
  await cursor.close().catch(() => undefined)
  await session?.endSession().catch(() => undefined)
}

function valuesOf(columns: readonly ReportColumn[], found: RowDocument): ColumnValue[] {
  const texts = (found[TEXT] as string[] | undefined) ?? []
  return columns.map((column) => decode(column, found, texts))
}
