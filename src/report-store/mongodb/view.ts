import type { Document } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import { shownColumns } from '../report-column.ts'
import { nameTaken } from '../report-name.ts'
import type { ReportStatus } from '../report-store.ts'
import type { Relation } from './catalogue.ts'
import { WAITING } from './schema.ts'

const EXISTS = 48

/** `before`: what has the view's name now, which is ours. It is changed in one step; what it showed stays. */
export async function showInView(
  database: Database,
  report: ReportStatus,
  before: Relation | null,
): Promise<void> {
  const shown = { viewOn: report.table, pipeline: viewPipeline(report) }
  const command: Document = before === null ? { create: report.view } : { collMod: report.view }
  const writeConcern = { w: 'majority', j: true }
  let attempts = 0
  await database.repeat(async () => {
    attempts += 1
    try {
      await database.db.command({ ...command, ...shown, writeConcern })
    } catch (error) {
      if ((error as { code?: unknown }).code !== EXISTS) throw error
      // the answer to an earlier attempt may have been lost
      if (attempts === 1) throw nameTaken(report.name, report.view, database.url)
    }
  })
}

/** Complete rows, the columns that are not hidden. */
function viewPipeline(report: ReportStatus): Document[] {
  const columns = shownColumns(report).map(({ name }) => [name, 1])
  return [
    { $match: { [WAITING]: { $exists: false } } },
    { $project: { _id: 0, ...Object.fromEntries(columns) } },
  ]
}
