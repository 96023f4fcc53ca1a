import { DemetraError, EXIT } from '../errors.ts'
import { shownColumns, type ReportColumn, type ColumnValue } from '../report-store/report-column.ts'
import type { ReportStatus, ReportStore } from '../report-store/report-store.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { parseOrder, parseWhere } from './query.ts'

export interface ReadReportOptions {
  reportStore: ReportStore
  name: string
  where: readonly string[]
  order?: string | undefined
  limit?: number | undefined
  /** Names of the projections of the project: reports that can be filled. */
  projections: () => readonly string[]
}

export interface OpenReport {
  status: ReportStatus
  columns: readonly ReportColumn[]
  batches: AsyncIterable<ColumnValue[][]>
}

/** Opens a report for reading; says what to do where there is none. */
export async function readReport(options: ReadReportOptions): Promise<OpenReport> {
  const { reportStore, name, where, order, limit } = options
  const status = await reportStore.status(name)
  if (status === null) throw await missing(options)
  const columns = shownColumns(status)
  const rows = await reportStore.read(name, {
    generation: status.generation,
    where: where.map((text) => parseWhere(text, columns)),
    ...(order === undefined ? {} : { order: parseOrder(order, columns) }),
    ...(limit === undefined ? {} : { limit }),
  })
  if (rows === null) throw await missing(options)
  return { status, ...rows }
}

async function missing({ reportStore, name, projections }: ReadReportOptions): Promise<DemetraError> {
  const known = projections()
  if (known.includes(name)) {
    return new DemetraError(`The report '${name}' has not been filled yet`, {
      code: 'DEMETRA_REPORT_EMPTY',
      exitCode: EXIT.inputMissing,
      hints: [`\`demetra projection ${name}\` fills it`],
      context: { name, reports: reportStore.url },
    })
  }
  const filled = (await reportStore.list()).map((report) => report.name)
  const names = [...new Set([...filled, ...known])].toSorted()
  return new DemetraError(`There is no report '${name}'${didYouMean(name, names)}`, {
    code: 'DEMETRA_UNKNOWN_NAME',
    exitCode: EXIT.usage,
    hints: [
      names.length > 0
        ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
        : 'there is none yet; `demetra init` makes a project with two',
    ],
    context: { name, reports: reportStore.url },
  })
}
