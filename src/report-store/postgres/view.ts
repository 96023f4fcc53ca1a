import type { ReportStatus } from '../report-store.ts'
import { nameTaken } from '../report-name.ts'
import type { Ask } from './connection.ts'
import { sqlState } from './errors.ts'
import { restoreGrants, viewGrants } from './grants.ts'
import { WAITING } from './table.ts'
import { quoted } from './values.ts'
import { dependents, viewInUse } from './view-errors.ts'

const WRONG_OBJECT_TYPE = '42809'
const INVALID_TABLE_DEFINITION = '42P16'
const DEPENDENTS_STILL_EXIST = '2BP01'

/**
 * In a transaction: people's view shows this generation. Where its columns stay the same, or more are added at
 * their end, what people have made of it stays as well: grants, and views on it. Otherwise it is made anew, with
 * the grants it had.
 */
export async function showInView(ask: Ask, report: ReportStatus, url: string): Promise<void> {
  const name = quoted(report.view)
  const sql = `VIEW ${name} AS ${viewQuery(report)}`
  await ask('SAVEPOINT replacing')
  try {
    await ask(`CREATE OR REPLACE ${sql}`)
    return
  } catch (error) {
    if (sqlState(error) === WRONG_OBJECT_TYPE) throw nameTaken(report.name, report.view, url)
    if (sqlState(error) !== INVALID_TABLE_DEFINITION) throw error
  }
  await ask('ROLLBACK TO replacing')
  const grants = await viewGrants(ask, name)
  try {
    await ask(`DROP VIEW ${name}`)
  } catch (error) {
    if (sqlState(error) !== DEPENDENTS_STILL_EXIST) throw error
    await ask('ROLLBACK TO replacing')
    throw viewInUse(report, report.view, await dependents(ask, name), error)
  }
  await ask(`CREATE ${sql}`)
  await restoreGrants(ask, name, grants)
}

/** Complete rows of one generation. Nested values are jsonb here, which people can search. */
function viewQuery({ columns, hidden, table }: ReportStatus): string {
  const names = columns
    .filter((column) => !hidden.includes(column.name))
    .map(({ name, type }) => (type === 'json' ? `${quoted(name)}::jsonb AS ${quoted(name)}` : quoted(name)))
  return `SELECT ${names.join(', ')} FROM ${quoted(table)} WHERE ${WAITING} IS NULL`
}
