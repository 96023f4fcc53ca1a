import type { Document } from 'mongodb'
import { changeOrMake, literal } from '../../event-store/mongodb/change.ts'
import type { Database } from '../../event-store/mongodb/database.ts'
import { Long } from 'mongodb'
import { nameTaken, otherEventStore, viewName, memoryName, tableName } from '../report-name.ts'
import type { Generation, NewReport, ReportStatus } from '../report-store.ts'
import { generationInUse, generationsOf, relation } from './catalogue.ts'
import { checkColumnNames } from './report-errors.ts'
import { nextGeneration, wasNumbered, withReportLock } from './report-lock.ts'
import { DELETED_AT, type GenerationDocument, generationId, REPORTS } from './schema.ts'
import { readStatus, stateDocument } from './state.ts'
import { showInView } from './view.ts'

const EXISTS = 48
const NOT_THERE = 26
const MAJORITY = { w: 'majority', j: true } as const

/** The generation in use, made empty where there is none. */
export async function openGeneration(database: Database, report: NewReport): Promise<ReportStatus> {
  return withReportLock(database, report.name, async (stillLocked) => {
    const before = await generationInUse(database, report.name)
    if (before !== null) return before
    const made = await create(database, report)
    stillLocked()
    await showInView(database, made, null)
    return { ...made, inUse: true }
  })
}

export async function beginGeneration(database: Database, report: NewReport): Promise<ReportStatus> {
  return withReportLock(database, report.name, () => create(database, report))
}

/** First the document, without which the generation is gone for everybody, then the rows. */
export async function dropGeneration(database: Database, of: Generation): Promise<void> {
  await withReportLock(database, of.name, async (stillLocked) => {
    const all = await generationsOf(database, of.name)
    const found = all.find(({ generation }) => generation === of.generation)
    if (found?.inUse === true) throw new Error(`the generation ${of.generation} of ${of.name} is in use`)
    if (found === undefined && !(await wasNumbered(database, of.name, of.generation))) return
    stillLocked()
    const reports = database.collection<GenerationDocument>(REPORTS)
    await database.repeat(() => reports.deleteOne({ _id: generationId(of) }))
    const table = tableName(of)
    for (const name of [table, memoryName(table)]) {
      await database.repeat(() =>
        ignoring(NOT_THERE, database.db.command({ drop: name, writeConcern: MAJORITY })),
      )
    }
  })
}

async function create(database: Database, report: NewReport): Promise<ReportStatus> {
  checkColumnNames([...report.columns, ...(report.memory ?? [])])
  // a switch needs this right: better to know now than after an hour of replay
  await database.repeat(() => ignoring(NOT_THERE, database.db.command({ collMod: REPORTS })))
  const others = await generationsOf(database, report.name)
  const other = others.find(({ eventStoreId }) => eventStoreId !== report.eventStoreId)
  if (other !== undefined) throw otherEventStore(other, database.url)
  const view = viewName(report.name)
  const isShown = others.some(({ inUse }) => inUse)
  if (!isShown && (await relation(database, view)) !== null) throw nameTaken(report.name, view, database.url)

  const generation = await nextGeneration(database, report.name)
  const id = generationId({ name: report.name, generation })
  const written = {
    $mergeObjects: [literal(newDocument(report, generation)), { _id: '$_id', updated_at: '$$NOW' }],
  }
  // first the document: where this is cut off, it is found among the generations, and dropped
  const made = await changeOrMake<GenerationDocument>(database, REPORTS, id, [{ $replaceWith: written }])
  try {
    await createCollections(database, report, made.collection)
  } catch (error) {
    const reports = database.collection<GenerationDocument>(REPORTS)
    await reports.deleteOne({ _id: id }).catch(() => undefined)
    throw error
  }
  return readStatus(made, false, made.updated_at)
}

async function createCollections(database: Database, report: NewReport, collection: string): Promise<void> {
  await createCollection(database, report, collection)
  await createIndexes(database, report, collection)
  if (report.memory !== null) await createCollection(database, report, memoryName(collection))
}

function newDocument(report: NewReport, generation: number): Document {
  const { name, eventStoreId, version, columns, memory, hidden, indexes } = report
  const empty = { checkpoint: null, shown: 0, waiting: {}, backfill: 0, tail: null, stale: [], skipped: [] }
  // undefined would become null
  const lists = JSON.parse(JSON.stringify({ columns, memory, hidden, indexes })) as Document
  return {
    name,
    generation,
    collection: tableName({ name, generation }),
    view: viewName(name),
    event_store: eventStoreId,
    version,
    ...lists,
    ...stateDocument(empty),
    lease_owner: null,
    lease_expires_at: null,
    lease_token: Long.ZERO,
    lease_call: null,
    lease_session: null,
    commit_call: null,
    claimed_at: null,
    last_number: 0,
    last_commit: 0,
    pending: null,
    torn: [],
  }
}

async function createCollection(database: Database, { name }: NewReport, collection: string): Promise<void> {
  let attempts = 0
  await database.repeat(async () => {
    attempts += 1
    const made = database.db.command({ create: collection, writeConcern: MAJORITY })
    const isThere = await ignoring(EXISTS, made)
    // the number is ours alone: found there again, it is our own earlier attempt's
    if (isThere && attempts === 1) throw nameTaken(name, collection, database.url)
  })
  // hidden rows that are purged one day are found without a look at all others
  const deleted = { key: { [DELETED_AT]: 1 }, name: 'demetra_deleted', sparse: true }
  if (database.topology !== 'standalone') return
  await database.repeat(() => database.collection(collection).createIndexes([deleted]))
}

/** On the empty collection, where it takes no time and locks nobody out. */
async function createIndexes(database: Database, { indexes }: NewReport, collection: string): Promise<void> {
  if (indexes.length === 0) return
  const wanted = indexes.map((columns, i) => ({
    key: Object.fromEntries(columns.map((column) => [column, 1 as const])),
    name: `demetra_i${i + 1}`,
  }))
  await database.repeat(() => database.collection(collection).createIndexes(wanted))
}

/** True: it failed in this way, which is nothing. */
async function ignoring(code: number, work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return false
  } catch (error) {
    if ((error as { code?: unknown }).code !== code) throw error
    return true
  }
}
