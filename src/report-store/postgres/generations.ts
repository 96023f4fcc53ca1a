import { memoryName, nameTaken, otherEventStore, tableName, viewName } from '../report-name.ts'
import type { Generation, NewReport, ReportStatus } from '../report-store.ts'
import { CLOCK, ensureBookkeeping, statuses } from './bookkeeping.ts'
import type { Ask } from './connection.ts'
import { createIndexes, createTable } from './create-table.ts'
import { showInView } from './view.ts'

/**
 * In a transaction: the generation in use, made where there is none. What another process has made in the
 * meantime is left as it is.
 */
export async function openGeneration(ask: Ask, report: NewReport, url: string): Promise<ReportStatus> {
  const before = await prepare(ask, report, url)
  const found = before.find(({ inUse }) => inUse)
  if (found !== undefined) return found
  const made = await create(ask, report, url)
  await createIndexes(ask, made)
  await showInView(ask, made, url)
  await ask('UPDATE demetra_reports SET in_use = true WHERE name = $1 AND generation = $2', [
    made.name,
    made.generation,
  ])
  return { ...made, inUse: true }
}

/** In a transaction: a new generation, not in use. Its indexes are made when it is full, which takes less time. */
export async function beginGeneration(ask: Ask, report: NewReport, url: string): Promise<ReportStatus> {
  await prepare(ask, report, url)
  return create(ask, report, url)
}

/** The generations that are there. */
async function prepare(ask: Ask, report: NewReport, url: string): Promise<ReportStatus[]> {
  await ensureBookkeeping(ask)
  const before = await statuses(ask, 'WHERE name = $1 ORDER BY generation', [report.name])
  const other = before.find(({ eventStoreId }) => eventStoreId !== report.eventStoreId)
  if (other !== undefined) throw otherEventStore(other, url)
  const view = viewName(report.name)
  const namesake = 'SELECT 1 FROM demetra_reports WHERE view_name = $1 AND name <> $2'
  const isTaken =
    (await ask(namesake, [view, report.name])).count > 0 ||
    (!before.some(({ inUse }) => inUse) && (await isThere(ask, view)))
  if (isTaken) throw nameTaken(report.name, view, url)
  return before
}

async function create(ask: Ask, report: NewReport, url: string): Promise<ReportStatus> {
  const { name, columns, memory } = report
  const next = `INSERT INTO demetra_report_numbers AS known VALUES ($1, 1) ON CONFLICT (name)
    DO UPDATE SET last_generation = known.last_generation + 1 RETURNING last_generation`
  const generation = Number((await ask(next, [name])).rows[0]?.[0])
  const view = viewName(name)
  const table = tableName({ name, generation })
  for (const wanted of memory === null ? [table] : [table, memoryName(table)]) {
    if (await isThere(ask, wanted)) throw nameTaken(name, wanted, url)
  }
  await createTable(ask, table, columns)
  if (memory !== null) await createTable(ask, memoryName(table), memory)
  const insert = `INSERT INTO demetra_reports (name, generation, in_use, table_name, view_name, event_store,
      version, columns, memory, hidden, indexes, updated_at)
    VALUES ($1, $2, false, $3, $4, $5, $6, $7, $8, $9, $10, ${CLOCK})`
  const parts = [columns, memory, report.hidden, report.indexes].map((part) => JSON.stringify(part))
  const values = [table, view, report.eventStoreId, report.version, ...parts]
  await ask(insert, [name, generation, ...values])
  return known(await generationStatus(ask, { name, generation }), name)
}

export async function generationStatus(
  ask: Ask,
  { name, generation }: Generation,
): Promise<ReportStatus | null> {
  const found = await statuses(ask, 'WHERE name = $1 AND generation = $2', [name, generation])
  return found[0] ?? null
}

/** Whether the schema where tables are made has something of this name. */
async function isThere(ask: Ask, name: string): Promise<boolean> {
  const sql = `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relname = $1`
  return (await ask(sql, [name])).count > 0
}

function known(status: ReportStatus | null, name: string): ReportStatus {
  if (status === null) throw new Error(`the report ${name} was made and cannot be found`)
  return status
}
