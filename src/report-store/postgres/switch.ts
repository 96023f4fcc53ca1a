import { viewName, memoryName, tableName } from '../report-name.ts'
import type { Generation, ReportStatus } from '../report-store.ts'
import { statuses } from './bookkeeping.ts'
import type { Ask, PostgresConnection } from './connection.ts'
import { createIndexes } from './create-table.ts'
import { sqlState } from './errors.ts'
import { generationStatus } from './generations.ts'
import { patiently } from './patiently.ts'
import { quoted } from './values.ts'
import { showInView } from './view.ts'
import { dependents, lockHolders, tableInUse, viewBlocked } from './view-errors.ts'

const SET_IN_USE = 'UPDATE demetra_reports SET in_use = $3 WHERE name = $1 AND generation = $2'
const DEPENDENTS_STILL_EXIST = '2BP01'

/** True where the view shows this generation now. It is indexed and looked over before anybody waits for it. */
export async function switchPatiently(
  connection: PostgresConnection,
  of: Generation,
  token: bigint,
  url: string,
  patienceMs: number,
): Promise<boolean> {
  await connection.again(() => connection.write((ask) => prepareToShow(ask, of, token)))
  const work = (ask: Ask) => switchView(ask, of, token, url)
  const view = viewName(of.name)
  const blocked = async (ask: Ask) => viewBlocked(of.name, view, await lockHolders(ask, quoted(view)))
  return patiently(connection, work, blocked, patienceMs)
}

export async function dropPatiently(
  connection: PostgresConnection,
  of: Generation,
  patienceMs: number,
): Promise<void> {
  const table = tableName(of)
  const blocked = async (ask: Ask) => viewBlocked(of.name, table, await lockHolders(ask, quoted(table)))
  await patiently(connection, (ask) => dropGeneration(ask, of), blocked, patienceMs)
}

async function prepareToShow(ask: Ask, of: Generation, token: bigint): Promise<void> {
  const status = await generationStatus(ask, of)
  if (status === null || status.inUse || !(await holds(ask, of, token))) return
  await createIndexes(ask, status)
  // the first queries of people are planned well, too
  await ask(`ANALYZE ${quoted(status.table)}`)
}

/** In a transaction. */
async function switchView(
  ask: Ask,
  { name, generation }: Generation,
  token: bigint,
  url: string,
): Promise<boolean> {
  // a commit to any of them is over, and the next one waits
  const all = await statuses(ask, 'WHERE name = $1 ORDER BY generation FOR UPDATE', [name])
  const target = all.find((status) => status.generation === generation)
  if (target === undefined || !(await holds(ask, target, token))) return false
  const before = all.find(({ inUse }) => inUse)
  if (before !== undefined && before.generation >= generation) return before.generation === generation
  await showInView(ask, target, url)
  if (before !== undefined) await ask(SET_IN_USE, [name, before.generation, false])
  await ask(SET_IN_USE, [name, generation, true])
  return true
}

/** Whether the lease of the generation is held by this token. */
async function holds(ask: Ask, { name, generation }: Generation, token: bigint): Promise<boolean> {
  const sql = `SELECT 1 FROM demetra_reports
    WHERE name = $1 AND generation = $2 AND lease_token = $3 AND lease_owner IS NOT NULL`
  return (await ask(sql, [name, generation, token])).count > 0
}

/** In a transaction. */
async function dropGeneration(ask: Ask, { name, generation }: Generation): Promise<void> {
  const one = 'WHERE name = $1 AND generation = $2'
  const [status] = await statuses(ask, `${one} FOR UPDATE`, [name, generation])
  if (status === undefined) return
  if (status.inUse) throw new Error(`the generation ${generation} of ${name} is in use and cannot be dropped`)
  await dropTables(ask, status)
  await ask(`DELETE FROM demetra_reports ${one}`, [name, generation])
}

async function dropTables(ask: Ask, status: ReportStatus): Promise<void> {
  for (const table of [status.table, memoryName(status.table)].map(quoted)) {
    await ask('SAVEPOINT dropping')
    try {
      await ask(`DROP TABLE IF EXISTS ${table}`)
    } catch (error) {
      if (sqlState(error) !== DEPENDENTS_STILL_EXIST) throw error
      await ask('ROLLBACK TO dropping')
      throw tableInUse(status, status.table, await dependents(ask, table), error)
    }
  }
}
