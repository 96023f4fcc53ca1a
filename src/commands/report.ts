import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { countText } from '../cli/numbers.ts'
import { optionalValue } from '../cli/optional-value.ts'
import { timeOf } from '../cli/range-flags.ts'
import { terminal } from '../cli/table.ts'
import { whyJson, whyText } from '../cli/why-text.ts'
import { positionAt } from '../event/position.ts'
import { checkSameProjection } from '../projection/report-shape.ts'
import { barsText } from '../report/bars.ts'
import { chartMaker, type Chart } from '../report/chart.ts'
import { parseKey } from '../report/query.ts'
import type { ReportStatus, ReportStore } from '../report-store/report-store.ts'
import { REPORT_FORMATS, reportFormatter, rowObject } from '../report/formats.ts'
import { readReport, type OpenReport } from '../report/read-report.ts'
import { listUserFiles } from '../user-files.ts'
import { loadRun } from '../user-files/definitions.ts'

export interface ReportResult {
  name: string
  generation: number
  /** Rows in the report, and rows that wait, by column. */
  shown: number
  waiting: Readonly<Record<string, number>>
  columns?: { name: string; type: string; key: boolean }[]
  /** Under --json with --why. */
  why?: Record<string, unknown>[]
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
    '<%= config.bin %> <%= command.id %> purchase-funnel --why purchase=purchase/1',
    '<%= config.bin %> <%= command.id %> purchase-funnel --as-of 2016-02-01',
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
    why: Flags.string({
      summary: 'The events that made the row of this key, in their order, with what each changed.',
      helpValue: 'country=IT,day=2016-01-01',
      exclusive: ['chart', 'format', 'where', 'order', 'limit', 'as-of'],
    }),
    'as-of': Flags.string({
      summary: 'The report that the log before this time gives, by the projection as it is now.',
      helpValue: 'TIME',
    }),
  }

  async run(): Promise<ReportResult> {
    const { args, flags } = await this.parse(Report, optionalValue(this.argv, '--chart'))
    const { folder } = await this.configuration()
    const projections = (): string[] => listUserFiles(folder, 'projections').map(({ name }) => name)
    const { name } = args
    const asOf = flags['as-of']
    const reportStore = asOf === undefined ? await this.openReportStore() : await this.#asOf(name, asOf)
    const { where = [], order, limit } = flags
    const report = await readReport({ reportStore, name, where, order, limit, projections })
    const { generation, shown, waiting, stale } = report.status
    for (const { message } of stale) {
      this.warn(`the report is stale: ${message}; \`demetra replay ${name}\` mends it`)
    }
    const result: ReportResult = { name, generation, shown, waiting }
    if (flags.why !== undefined) return { ...result, ...(await this.#why(flags.why, report.status)) }
    if (flags.chart !== undefined) return { ...result, chart: await this.#chart(flags.chart, report) }
    if (this.forPeople) await this.#print(report, flags.format ?? 'table')
    else Object.assign(result, await wholeReport(report))
    return result
  }

  /** A report store of its own, filled for this run. */
  async #asOf(name: string, time: string): Promise<ReportStore> {
    const upTo = positionAt(timeOf(time, '--as-of')) - 1n
    const { folder } = await this.configuration()
    const run = await loadRun(folder, name)
    const eventStore = await this.openEventLog()
    const progress = await this.progress({ label: `Folding ${name}`, total: 1 })
    const { reportAsOf } = await import('../projection/as-of.ts')
    const { store, close } = await reportAsOf({
      ...run,
      eventStore,
      upTo: upTo < 0n ? 0n : upTo,
      signal: this.signal,
      onProgress: (read) => progress.update(read.share, '', read.events),
    })
    progress.stop()
    this.closing({ close })
    return store
  }

  async #why(text: string, status: ReportStatus): Promise<Pick<ReportResult, 'why'>> {
    const { folder } = await this.configuration()
    const run = await loadRun(folder, status.name)
    checkSameProjection(status, run.definition)
    const { whyRow } = await import('../projection/why.ts')
    const steps = whyRow({
      ...run,
      eventStore: await this.openEventLog(),
      key: parseKey(text, status.columns),
      upTo: status.checkpoint?.position ?? 0n,
      skipped: new Set(status.skipped.map(({ id }) => id)),
      signal: this.signal,
    })
    const why: Record<string, unknown>[] = []
    let count = 0
    for await (const step of steps) {
      count += 1
      if (this.forPeople) this.log(whyText(step))
      else why.push(whyJson(step))
    }
    if (count === 0) this.note('No event of the log touches this row')
    return this.forPeople ? {} : { why }
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
