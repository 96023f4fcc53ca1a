import { setTimeout as delay } from 'node:timers/promises'
import type { Document } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import { memoryName, viewName } from '../report-name.ts'
import type { Generation, ReportStatus } from '../report-store.ts'
import { type GenerationDocument, generationId, REPORTS } from './schema.ts'
import { readStatus } from './state.ts'

type Found = GenerationDocument & { now: Date }

const ATTEMPTS = 20
const AGAIN_AFTER_MS = 10

export interface Relation {
  name: string
  /** The collection that a view shows; null: this is no view. */
  viewOn: string | null
}

/** Every generation of a report, the oldest first. */
export async function generationsOf(database: Database, name: string): Promise<ReportStatus[]> {
  const view = viewName(name)
  for (let attempt = 1; ; attempt += 1) {
    // the view first: what it shows is dropped only long after it shows another
    const shown = (await relation(database, view))?.viewOn ?? null
    const found = await generationDocuments(database, { name })
    const all = found.map((each) => readStatus(each, each.collection === shown, each.now))
    const isSettled = shown === null || all.some(({ inUse }) => inUse) || !shown.startsWith(`${view}__g`)
    if (isSettled || attempt === ATTEMPTS) return all
    await delay(AGAIN_AFTER_MS)
  }
}

export async function generationInUse(database: Database, name: string): Promise<ReportStatus | null> {
  return (await generationsOf(database, name)).find(({ inUse }) => inUse) ?? null
}

/** Every report's generation in use, by name. */
export async function allInUse(database: Database): Promise<ReportStatus[]> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const names = (await database.repeat(() => reports.distinct('name'))).toSorted()
  const found = await Promise.all(names.map((name) => generationInUse(database, name)))
  return found.filter((status) => status !== null)
}

export async function generationDocument(database: Database, of: Generation): Promise<Found | null> {
  return (await generationDocuments(database, { _id: generationId(of) }))[0] ?? null
}

/** What has this name in the database, a view or a collection. */
export async function relation(database: Database, name: string): Promise<Relation | null> {
  const [found] = await database.repeat(() => database.db.listCollections({ name }).toArray())
  if (found === undefined) return null
  const viewOn: unknown = (found as { options?: Document }).options?.['viewOn']
  return { name, viewOn: typeof viewOn === 'string' ? viewOn : null }
}

/**
 * A collection of the generation that somebody has dropped; null: all are there. Whoever writes without a look makes it
 * anew, and goes on without the rows that were in it.
 */
export async function missingCollection(
  database: Database,
  { collection, memory }: Pick<GenerationDocument, 'collection' | 'memory'>,
): Promise<string | null> {
  const wanted = memory === null ? [collection] : [collection, memoryName(collection)]
  const filter = { name: { $in: wanted } }
  const found = await database.repeat(() => database.db.listCollections(filter, { nameOnly: true }).toArray())
  return wanted.find((name) => !found.some((each) => each.name === name)) ?? null
}

/** With the server's time. */
async function generationDocuments(database: Database, filter: Document): Promise<Found[]> {
  const pipeline = [{ $match: filter }, { $sort: { generation: 1 } }, { $set: { now: '$$NOW' } }]
  const reports = database.collection<GenerationDocument>(REPORTS)
  return database.repeat(() => reports.aggregate<Found>(pipeline).toArray())
}
