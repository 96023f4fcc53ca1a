import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { importText } from '../cli/import-text.ts'
import { interrupted } from '../cli/interrupt.ts'
import { numberText } from '../cli/numbers.ts'
import { mappingFlags, positionFlags, sourceFlags } from '../cli/source-flags.ts'
import { showSource } from '../cli/source-progress.ts'
import { sourceOptions } from '../cli/source-options.ts'
import { EXIT } from '../errors.ts'
import { importFiles } from '../import/import-files.ts'
import type { ImportResult } from '../import/result.ts'
import { expandSources } from '../import/source.ts'
import { sumResults, type ImportCommandResult } from '../import/sum-results.ts'
import { keepYoungHeapSmall } from '../young-heap.ts'

export default class Import extends BaseCommand {
  static override summary = 'Import dumps as events'
  static override description =
    "CSV, JSON arrays and NDJSON, gzipped or not, files, globs, objects in S3 (s3://BUCKET/KEY) or standard input (-). Dumps in Demetra's own form " +
    'need no flags; any other is mapped by templates over its columns or by a file. Importing the same dump again ' +
    'stores nothing twice; an import that was interrupted goes on where it stopped. Records that cannot become ' +
    'events go to NAME.rejects.ndjson, which can be repaired and imported.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> events.ndjson.gz',
    "<%= config.bin %> <%= command.id %> 'dumps/*.csv' --service shop --type '{event}' --aggregate 'order/{order_id}' --created-at '{time}' --timezone UTC",
    "<%= config.bin %> <%= command.id %> sepsis.csv --service hospital --type '{Activity}' --aggregate 'case/{Case ID}' --created-at '{Complete Timestamp}' --date-format 'yyyy/MM/dd HH:mm:ss.SSS' --timezone Europe/Amsterdam",
    'zcat dump.ndjson.gz | <%= config.bin %> <%= command.id %> -',
    '<%= config.bin %> <%= command.id %> events.ndjson.rejects.ndjson',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      description: 'Files, globs, s3://BUCKET/KEY, or - for standard input.',
      required: true,
    }),
  }
  static override flags = {
    ...sourceFlags,
    ...mappingFlags,
    ...positionFlags,
    'stale-reports': Flags.boolean({
      description:
        'Mark reports that have read past these events as in need of a replay, instead of refusing.',
      helpGroup: 'IMPORT',
    }),
    restart: Flags.boolean({
      description: 'Begin anew where an import was interrupted.',
      helpGroup: 'IMPORT',
    }),
    'max-rejects': Flags.integer({
      min: 0,
      description: 'Stop after more rejects than this.',
      helpGroup: 'IMPORT',
    }),
    'rejects-dir': Flags.directory({
      description: 'Folder for the rejects files.',
      helpGroup: 'IMPORT',
      exists: true,
    }),
  }

  async run(): Promise<ImportCommandResult> {
    const { argv, flags } = await this.parse(Import)
    const settings = await this.configuration()
    const cwd = process.cwd()
    const specs = expandSources(argv as string[], cwd)
    const store = await this.openEventStore('create')
    keepYoungHeapSmall()
    const outcome = await importFiles(specs, {
      store,
      ...(await sourceOptions(flags, settings, this.signal)),
      staleReports: flags['stale-reports'],
      restart: flags.restart,
      maxRejects: flags['max-rejects'],
      rejectsDir: flags['rejects-dir'],
      cwd,
      onSource: async (source) => {
        const total = source.sizeBytes === null ? {} : { total: source.sizeBytes }
        const progress = await this.progress({ label: `Importing ${source.name}`, ...total })
        return (result) => showSource(progress, source, result.events, troubles(result))
      },
    })
    const result = sumResults(outcome.results)
    this.partialResult = result
    for (const one of outcome.results) {
      if (one.records > 0 || outcome.failure === undefined) this.log(importText(one, outcome.interrupted))
    }
    if (outcome.failure !== undefined) throw outcome.failure
    if (outcome.interrupted) throw interrupted(['The same command again goes on where this run stopped'])
    if (result.rejected > 0 || result.conflicts > 0) this.exitCode = EXIT.incomplete
    return result
  }
}

function troubles(result: Readonly<ImportResult>): string {
  const parts = []
  if (result.duplicates > 0) parts.push(`${numberText(result.duplicates)} duplicates`)
  if (result.conflicts > 0) parts.push(`${numberText(result.conflicts)} conflicts`)
  if (result.rejected > 0) parts.push(`${numberText(result.rejected)} rejected`)
  return parts.join(', ')
}
