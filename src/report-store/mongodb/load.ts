import type { Document } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import type { ColumnValue } from '../report-column.ts'
import type { Generation, ReportPart, StoredRow } from '../report-store.ts'
import { generationDocument } from './catalogue.ts'
import { committedRow } from './commit-marks.ts'
import { RowCodec, type RowDocument } from './row-document.ts'
import { memoryName } from '../report-name.ts'

const CHUNK_KEYS = 2000

/** The rows as the last commit has left them. Null: there is no such generation. */
export async function loadRows(
  database: Database,
  of: Generation,
  keys: readonly (readonly ColumnValue[])[],
  part: ReportPart,
): Promise<(StoredRow | null)[] | null> {
  const status = await generationDocument(database, of)
  if (status === null) return null
  const columns = part === 'rows' ? status.columns : status.memory
  if (columns === null) throw new TypeError(`the report ${of.name} has no memory`)
  const codec = new RowCodec(columns)
  const collection = part === 'rows' ? status.collection : memoryName(status.collection)
  const rows = database.collection<RowDocument>(collection)
  const found = new Map<string, StoredRow | null>()
  for (let start = 0; start < keys.length; start += CHUNK_KEYS) {
    const ids = keys.slice(start, start + CHUNK_KEYS).map((key) => codec.id(key))
    const filter: Document = { _id: { $in: ids } }
    const documents = await database.repeat(() => rows.find(filter).toArray())
    for (const document of documents) {
      const committed: Document | null = committedRow(document, status) ?? null
      if (committed !== null) found.set(codec.idText(document._id), codec.row(committed))
    }
  }
  return keys.map((key) => found.get(codec.keyText(key)) ?? null)
}
