import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { countText } from '../cli/numbers.ts'
import { optionalValue } from '../cli/optional-value.ts'
import { terminal } from '../cli/table.ts'
import { barsText } from '../report/bars.ts'
import { chartMaker, type Chart } from '../report/chart.ts'
import { REPORT_FORMATS, reportFormatter, rowObject } from '../report/formats.ts'
import { readReport, type OpenReport } from '../report/read-report.ts'
import { listUserFiles } from '../user-files.ts'

export interface ReportResult {
  name: string
  generation: number
  /** Rows in the report, and rows that wait, by column. */
  shown: number
  waiting: Readonly<Record<string, number>>
  columns?: { name: string; type: string; key: boolean }[]
  /** Under --json without --chart. */
  rows?: Record<string, unknown>[]
  chart?: Chart
}

export default class Report extends BaseCommand {
  static override summary = 'Read a report: as a table, CSV, JSON or a chart'
  static override description =
    'Reads what the projection NAME has filled; `demetra projection NAME` fills it. A table is cut to the width of ' +
    'the terminal, and is whole in a pipe. Every condition of --where must hold.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> purchase-funnel',
    "<%= config.bin %> <%= command.id %> purchase-funnel --where 'amount>=100' --order amount:desc --limit 10",
    '<%= config.bin %> <%= command.id %> purchase-funnel --chart',
    '<%= config.bin %> <%= command.id %> purchase-funnel --chart completed_at:amount',
    '<%= config.bin %> <%= command.id %> purchase-funnel --format csv > purchases.csv',
  ]
  static override args = {
    name: Args.string({ description: "The report's name: its file under projections/.", required: true }),
  }
  static override flags = {
    format: Flags.option({ options: REPORT_FORMATS, helpValue: '<format>', exclusive: ['json', 'chart'] })({
      summary: 'table (the default), csv, json (one array) or ndjson (a row a line).',
    }),
    where: Flags.string({
      summary: 'Only rows for which this holds: COLUMN, one of = != < <= > >=, and a value. Can be repeated.',
      helpValue: 'CONDITION',
      multiple: true,
      multipleNonGreedy: true,
    }),
    order: Flags.string({
      summary: 'Order, as in `country,amount:desc`; else by key.',
      helpValue: 'COLUMNS',
    }),
    limit: Flags.integer({ summary: 'At most so many rows.', min: 0 }),
    chart: Flags.string({
      summary: 'A bar chart. COLUMN: rows over time, by value or by number; COLUMN:SUMMED sums up a column.',
      helpValue: '[COLUMN]',
    }),
  }

  async run(): Promise<ReportResult> {
    const { args, flags } = await this.parse(Report, optionalValue(this.argv, '--chart'))
    const [reportStore, { folder }] = await Promise.all([this.openReportStore(), this.configuration()])
    const projections = (): string[] => listUserFiles(folder, 'projections').map(({ name }) => name)
    const { name } = args
    const { where = [], order, limit } = flags
    const report = await readReport({ reportStore, name, where, order, limit, projections })
    const { generation, shown, waiting, stale } = report.status
    for (const { message } of stale) this.warn(`the report is stale: ${message}`)
    const result: ReportResult = { name, generation, shown, waiting }
    if (flags.chart !== undefined) return { ...result, chart: await this.#chart(flags.chart, report) }
    if (this.forPeople) await this.#print(report, flags.format ?? 'table')
    else Object.assign(result, await wholeReport(report))
    return result
  }

  async #print(
    { columns, batches, status }: OpenReport,
    format: (typeof REPORT_FORMATS)[number],
  ): Promise<void> {
    const formatter = reportFormatter(format, columns, terminal())
    let count = 0
    for await (const batch of batches) {
      count += batch.length
      await this.write(formatter.rows(batch))
    }
    await this.write(formatter.end())
    this.note(summary(count, status.waiting))
  }

  async #chart(wanted: string, { columns, batches }: OpenReport): Promise<Chart> {
    const maker = chartMaker(wanted, columns)
    for await (const batch of batches) for (const row of batch) maker.add(row)
    const chart = maker.chart()
    this.log(chart.title)
    if (this.forPeople) await this.write(barsText(chart.bars, terminal().width))
    return chart
  }
}

async function wholeReport({
  columns,
  batches,
}: OpenReport): Promise<Pick<ReportResult, 'columns' | 'rows'>> {
  const rows: Record<string, unknown>[] = []
  for await (const batch of batches) for (const row of batch) rows.push(rowObject(columns, row))
  return { columns: columns.map(({ name, type, key }) => ({ name, type, key })), rows }
}

/** `60 rows; 3 more wait for completed_at`. */
function summary(count: number, waiting: Readonly<Record<string, number>>): string {
  const waits = Object.entries(waiting).filter(([, rows]) => rows > 0)
  const texts = waits.map(([column, rows]) => `${countText(rows, 'row')} for ${column}`)
  return countText(count, 'row') + (texts.length > 0 ? `; waiting: ${texts.join(', ')}` : '')
}
