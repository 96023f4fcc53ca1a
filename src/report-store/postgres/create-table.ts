import type { ReportColumn } from '../report-column.ts'
import type { ReportStatus } from '../report-store.ts'
import type { Ask } from './connection.ts'
import { WAITING } from './table.ts'
import { quoted, SQL_TYPES } from './values.ts'

/**
 * A generation's table, of rows or of memory. Texts have the collation C: the same order in every database,
 * quick to compare, and no index that an update of the system's locales damages.
 */
export async function createTable(ask: Ask, table: string, columns: readonly ReportColumn[]): Promise<void> {
  const lines = columns.map(({ name, type, key }) => {
    const collation = type === 'text' ? ' COLLATE "C"' : ''
    return `${quoted(name)} ${SQL_TYPES[type]}${collation}${key ? ' NOT NULL' : ''}`
  })
  const key = columns.filter((column) => column.key).map((column) => quoted(column.name))
  lines.push(`${WAITING} text[]`, `PRIMARY KEY (${key.join(', ')})`)
  await ask(`CREATE TABLE ${quoted(table)} (${lines.join(', ')})`)
}

/** Those that are there already are left as they are. */
export async function createIndexes(
  ask: Ask,
  { table, indexes }: Pick<ReportStatus, 'table' | 'indexes'>,
): Promise<void> {
  for (const [i, columns] of indexes.entries()) {
    const list = columns.map((column) => quoted(column)).join(', ')
    await ask(`CREATE INDEX IF NOT EXISTS ${quoted(`${table}_i${i + 1}`)} ON ${quoted(table)} (${list})`)
  }
}
