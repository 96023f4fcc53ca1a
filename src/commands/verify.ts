import { Args, BaseCommand } from '../cli/base-command.ts'
import { mappingFlags, positionFlags, sourceFlags } from '../cli/source-flags.ts'
import { sourceOptions } from '../cli/source-options.ts'
import { verifyText } from '../cli/verify-text.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { expandSources } from '../import/source.ts'
import type { VerifyResult } from '../verify/verify-result.ts'
import { verifyFiles } from '../verify/verify-files.ts'

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
  static override args = {
    file: Args.string({ description: 'Files, globs, s3://BUCKET/KEY, or - for standard input.' }),
  }
  static override flags = { ...sourceFlags, ...mappingFlags, ...positionFlags }

  async run(): Promise<VerifyCommandResult> {
    const { argv, flags } = await this.parse(Verify)
    if (argv.length === 0) throw withoutFiles()
    const settings = await this.configuration()
    const cwd = process.cwd()
    const specs = expandSources(argv as string[], cwd)
    const store = await this.openEventStore('empty')
    const { results: sources, failure } = await verifyFiles(specs, {
      store,
      ...(await sourceOptions(flags, settings, this.signal)),
      onSource: async (source) => {
        const total = source.sizeBytes === null ? {} : { total: source.sizeBytes }
        const progress = await this.progress({ label: `Verifying ${source.name}`, ...total })
        return ({ events }) => progress.update(source.bytesRead, '', events)
      },
    })
    this.partialResult = { sources }
    for (const result of sources) {
      if (result.records > 0 || failure === undefined) this.log(verifyText(result))
      if (result.rejected > 0 || result.conflicts > 0) this.exitCode = EXIT.incomplete
    }
    if (failure !== undefined) throw failure
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
