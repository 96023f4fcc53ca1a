import { Args, BaseCommand } from '../cli/base-command.ts'
import { mappingFlags, mappingOf, sourceFlags } from '../cli/source-flags.ts'
import { verifyText } from '../cli/verify-text.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { eventCheck } from '../import/event-check.ts'
import { expandSources, openSource } from '../import/source.ts'
import type { VerifyResult } from '../verify/verify-result.ts'
import { verifySource } from '../verify/verify-source.ts'
import { loadEventTypes, loadImportDefinition } from '../user-files/definitions.ts'

export interface VerifyCommandResult {
  sources: VerifyResult[]
}

export default class Verify extends BaseCommand {
  static override summary = 'Tell what an import would do, and write nothing'
  static override description =
    'The same way through the code as import: formats, mapping, payload schemas, duplicates inside the dump and ' +
    'against the store, conflicts. Exits 3 when an import would leave rejects or conflicts.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> events.ndjson.gz',
    "<%= config.bin %> <%= command.id %> sepsis.csv --service hospital --type '{Activity}' --aggregate 'case/{Case ID}' --created-at '{Complete Timestamp}' --date-format 'yyyy/MM/dd HH:mm:ss.SSS' --timezone Europe/Amsterdam",
  ]
  static override strict = false
  static override args = { file: Args.string({ description: 'Files, globs, or - for standard input.' }) }
  static override flags = { ...sourceFlags, ...mappingFlags }

  async run(): Promise<VerifyCommandResult> {
    const { argv, flags } = await this.parse(Verify)
    if (argv.length === 0) throw withoutFiles()
    const settings = await this.configuration()
    const cwd = process.cwd()
    const specs = expandSources(argv as string[], cwd)
    const store = await this.openEventStore('empty')
    const check = eventCheck(await loadEventTypes(settings.folder), settings.strict)
    const sources: VerifyResult[] = []
    this.partialResult = { sources }
    for (const spec of specs) {
      const source = await openSource(spec)
      const total = source.sizeBytes === null ? {} : { total: source.sizeBytes }
      const progress = await this.progress({ label: `Verifying ${source.name}`, ...total })
      const result = await verifySource(source, {
        store,
        check,
        mapping: mappingOf(flags),
        loadDefinition: (path) => loadImportDefinition(path, cwd),
        format: flags.format,
        delimiter: flags.delimiter,
        records: flags.records,
        maxRecordBytes: flags['max-record-bytes'],
        position: 'created',
        strict: settings.strict,
        receivedAt: Date.now(),
        now: Date.now,
        signal: this.signal,
        onProgress: ({ events }) => progress.update(source.bytesRead, '', events),
      })
      progress.stop()
      sources.push(result)
      this.log(verifyText(result))
      if (result.rejected > 0 || result.conflicts > 0) this.exitCode = EXIT.incomplete
    }
    return { sources }
  }
}

function withoutFiles(): DemetraError {
  return new DemetraError(
    'verify needs a dump to look at; proving store and archive comes with the archive',
    {
      code: 'DEMETRA_USAGE',
      exitCode: EXIT.usage,
      hints: ['`demetra verify --help` shows how'],
    },
  )
}
