import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { countText } from '../cli/numbers.ts'
import { proofText } from '../cli/proof-text.ts'
import { mappingFlags, positionFlags, sourceFlags } from '../cli/source-flags.ts'
import { showSource } from '../cli/source-progress.ts'
import { sourceOptions } from '../cli/source-options.ts'
import { verifyText } from '../cli/verify-text.ts'
import { EXIT } from '../errors.ts'
import { expandSources } from '../import/source.ts'
import type { Proof } from '../verify/proof.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import type { VerifyResult } from '../verify/verify-result.ts'
import { verifyFiles } from '../verify/verify-files.ts'

export interface VerifyCommandResult {
  sources: VerifyResult[]
}

export default class Verify extends BaseCommand {
  static override summary = 'Prove store and archive; or tell what an import would do'
  static override description =
    'Without files: proves that event store, tombstones, catalogue and archive hold each event exactly once, with the ' +
    'right digest. What is wrong is told with its place and what mends it; then it exits 3. --deep reads every block ' +
    'of the archive and every live event. With files: what an import would do, the same way through the code: formats, ' +
    'mapping, payload schemas, duplicates inside the dump and against the store, conflicts. Exits 3 when an import ' +
    'would leave rejects or conflicts. Writes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --deep --json',
    '<%= config.bin %> <%= command.id %> events.ndjson.gz',
    "<%= config.bin %> <%= command.id %> sepsis.csv --service hospital --type '{Activity}' --aggregate 'case/{Case ID}' --created-at '{Complete Timestamp}' --date-format 'yyyy/MM/dd HH:mm:ss.SSS' --timezone Europe/Amsterdam",
  ]
  static override strict = false
  static override args = {
    file: Args.string({ description: 'Files, globs, s3://BUCKET/KEY, or - for standard input.' }),
  }
  static override flags = {
    deep: Flags.boolean({
      default: false,
      description: 'Without files: read all of the archive and of the store, and compute every digest.',
    }),
    ...sourceFlags,
    ...mappingFlags,
    ...positionFlags,
  }

  async run(): Promise<VerifyCommandResult | Proof> {
    const { argv, flags } = await this.parse(Verify)
    if (argv.length === 0) return this.#proveArchive(flags.deep)
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
        return ({ events }) => showSource(progress, source, events)
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

  async #proveArchive(deep: boolean): Promise<Proof> {
    const store = await this.openEventStore()
    const objects = await this.openArchive()
    const progress = await this.progress({ label: 'Verifying', unit: 'segments' })
    const proof = await verifyArchive({
      store,
      objects,
      deep,
      signal: this.signal,
      onProgress: ({ segments, liveEvents }) =>
        progress.update(segments, liveEvents === 0 ? '' : countText(liveEvents, 'live event')),
    })
    progress.stop()
    this.log(proofText(proof))
    if (proof.damages.length > 0) this.exitCode = EXIT.incomplete
    return proof
  }
}
