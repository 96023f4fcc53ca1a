import { randomUUID } from 'node:crypto'
import type { MissingStore, SetupResult } from '../event-store.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import type { Database } from './database.ts'
import { storeError } from './errors.ts'
import {
  BOOKKEEPING,
  EVENTS,
  indexDocument,
  INDEXES,
  type IndexSpec,
  LAYOUT_VERSION,
  type StoreDocument,
} from './schema.ts'

interface FoundIndex {
  name: string
  key: Record<string, unknown>
  partialFilterExpression?: unknown
}

const COLLECTION_MISSING = 26
const COLLECTION_EXISTS = 48

/**
 * Finds the store in a database, or makes it.
 *
 * @returns its id; null where it is missing and nothing is to be made
 * @throws DemetraError for a database that is not ours or of a newer Demetra, and for one that is missing
 */
export async function findStore(database: Database, missing: MissingStore): Promise<string | null> {
  const found = await readStore(database)
  if (found !== null) {
    if (found.layout > LAYOUT_VERSION) throw newerLayout(database, found.layout)
    return found.store_id
  }
  if (missing === 'empty') return null
  await refuseForeign(database)
  if (missing === 'refuse') throw storeMissing(database)
  return null
}

/** Creates what is missing and checks what is there. Safe to repeat, also by several at once. */
export async function setUp(database: Database): Promise<SetupResult & { storeId: string }> {
  const found = await findStore(database, 'empty')
  if (found === null) await refuseForeign(database)
  const [created, checked] = [[] as string[], [] as string[]]
  const collections = new Set(
    await database.repeat(() =>
      database.db
        .listCollections({}, { nameOnly: true })
        .map(({ name }) => name)
        .toArray(),
    ),
  )
  for (const name of [EVENTS, ...BOOKKEEPING]) {
    if (!collections.has(name)) await createCollection(database, name)
    ;(collections.has(name) ? checked : created).push(`collection ${name}`)
  }
  const indexes = await listIndexes(database)
  const missing = INDEXES.filter((index) => !checkIndex(database, index, indexes))
  if (missing.length > 0) await createIndexes(database, missing)
  for (const index of INDEXES) (missing.includes(index) ? created : checked).push(`index ${index.name}`)
  return { storeId: await saveStore(database), created, checked }
}

/** From the first segment on a Demetra that knows nothing of segments must keep off. */
export async function raiseLayout(database: Database): Promise<void> {
  await database.repeat(() =>
    database
      .collection<StoreDocument>('demetra_store')
      .updateOne({ _id: 'store' }, { $max: { layout: LAYOUT_VERSION } }),
  )
}

function readStore(database: Database): Promise<StoreDocument | null> {
  return database.repeat(() => database.collection<StoreDocument>('demetra_store').findOne({ _id: 'store' }))
}

async function saveStore(database: Database): Promise<string> {
  const saved = await database.repeat(() =>
    database.collection<StoreDocument>('demetra_store').findOneAndUpdate(
      { _id: 'store' },
      {
        $setOnInsert: { store_id: randomUUID(), created_at: new Date() },
        $max: { layout: LAYOUT_VERSION },
      },
      { upsert: true, returnDocument: 'after' },
    ),
  )
  return (saved as StoreDocument).store_id
}

/** A collection `events` that is not ours must not become mixed with ours. */
async function refuseForeign(database: Database): Promise<void> {
  const other = await database.repeat(() =>
    database.collection(EVENTS).findOne({}, { projection: { _id: 1 } }),
  )
  if (other === null) return
  throw new DemetraError(
    `The database ${database.url} has a collection '${EVENTS}' that is not of Demetra: it holds documents, but there is no demetra_store beside it`,
    {
      code: 'DEMETRA_STORE_FOREIGN',
      exitCode: EXIT.failed,
      hints: ['Name a database of its own for the event store: `--store mongodb://HOST/demetra`'],
    },
  )
}

async function createCollection(database: Database, name: string): Promise<void> {
  await database.repeat(() =>
    database.db.command({ create: name }).catch((error: unknown) => {
      if ((error as { code?: number }).code !== COLLECTION_EXISTS) throw error
    }),
  )
}

async function listIndexes(database: Database): Promise<FoundIndex[]> {
  return database.repeat(() =>
    (database.collection(EVENTS).listIndexes().toArray() as Promise<FoundIndex[]>).catch((error: unknown) => {
      if ((error as { code?: number }).code === COLLECTION_MISSING) return []
      throw error
    }),
  )
}

/** False: it is missing. */
function checkIndex(database: Database, wanted: IndexSpec, indexes: readonly FoundIndex[]): boolean {
  const { name, key, partialFilterExpression } = indexDocument(wanted)
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  const found = indexes.find((index) => index.name === name || same(index.key, key))
  if (found === undefined) return false
  if (
    same(found.key, key) &&
    same(found.partialFilterExpression, partialFilterExpression) &&
    found.name === name
  )
    return true
  throw new DemetraError(
    `The index '${found.name}' of ${database.url} is not the one that is needed: found ${JSON.stringify(found.key)} ` +
      `with filter ${JSON.stringify(found.partialFilterExpression ?? null)}, expected '${name}' ${JSON.stringify(key)} ` +
      `with filter ${JSON.stringify(partialFilterExpression)}`,
    {
      code: 'DEMETRA_STORE_INDEX',
      exitCode: EXIT.failed,
      hints: [
        `Drop it in mongosh, db.${EVENTS}.dropIndex(${JSON.stringify(found.name)}), then run \`demetra setup\``,
      ],
    },
  )
}

/** On a connection of its own: on a large collection it takes longer than any other answer is waited for. */
async function createIndexes(database: Database, indexes: readonly IndexSpec[]): Promise<void> {
  const patient = await database.withoutTimeout()
  try {
    await patient.collection(EVENTS).createIndexes(indexes.map(indexDocument))
  } catch (error) {
    throw storeError(error, database.url)
  } finally {
    await patient.close()
  }
}

function storeMissing({ url }: Database): DemetraError {
  return new DemetraError(`There is no event store ${url} yet`, {
    code: 'DEMETRA_STORE_MISSING',
    exitCode: EXIT.unreachable,
    hints: [
      'Import a dump, and it is made: `demetra import FILE`',
      'If it is elsewhere, say where: `demetra status --store mongodb://HOST/DATABASE`',
    ],
    context: { url },
  })
}

function newerLayout({ url }: Database, found: number): DemetraError {
  return new DemetraError(
    `The event store ${url} has layout ${found}, this Demetra knows up to ${LAYOUT_VERSION}`,
    {
      code: 'DEMETRA_STORE_NEWER',
      exitCode: EXIT.failed,
      hints: ['Use the newer Demetra that wrote it: `npm install demetra@latest`'],
      context: { url, found, known: LAYOUT_VERSION },
    },
  )
}
