import { BaseCommand, Flags } from '../cli/base-command.ts'
import { rangeFlags, rangeOf } from '../cli/range-flags.ts'
import { exportLog } from '../export/export-log.ts'
import { countText } from '../cli/numbers.ts'
import { openOutput } from '../export/output.ts'

export interface ExportResult {
  events: number
  bytes: number
  /** null: standard output. */
  file: string | null
}

export default class Export extends BaseCommand {
  static override summary = 'Write the event log as NDJSON or CSV'
  static override description =
    'In log order, filtered or whole; what import takes back unchanged. --full keeps positions and times of arrival, ' +
    'for import --full into an empty store. Goes to standard output, or to a file with --output; with --json it ' +
    'needs --output.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> > events.ndjson',
    '<%= config.bin %> <%= command.id %> --type payment-completed --from 2016-01-01 --to 2016-02-01 --format csv --output january.csv',
    '<%= config.bin %> <%= command.id %> --full | gzip > everything.ndjson.gz',
    "<%= config.bin %> <%= command.id %> --aggregate 'case/A' | head",
  ]
  static override flags = {
    ...rangeFlags,
    format: Flags.option({
      options: ['ndjson', 'csv'] as const,
      default: 'ndjson' as const,
      description: 'Form of the output.',
    })(),
    full: Flags.boolean({ description: 'Keep position and received_at.' }),
    upcast: Flags.boolean({
      description: 'Bring payloads to their newest shape by the definitions under events/.',
    }),
    output: Flags.string({ char: 'o', description: 'File to write; it appears when it is whole.' }),
  }

  async run(): Promise<ExportResult> {
    const { flags } = await this.parse(Export)
    const settings = await this.configuration()
    const output = openOutput(flags.output, this.jsonEnabled(), (chunk) => this.write(chunk))
    const log = await this.openEventLog()
    const upcast = flags.upcast
      ? await (await import('../user-files/definitions.ts')).loadEventTypes(settings.folder)
      : null
    const progress = output.file === null ? null : await this.progress({ label: `Writing ${output.file}` })
    let events = 0
    let bytes = 0
    try {
      for await (const chunk of exportLog(log.read(rangeOf(flags)), { ...flags, upcast })) {
        this.signal.throwIfAborted()
        await output.write(chunk.text)
        events += chunk.events
        bytes += Buffer.byteLength(chunk.text)
        progress?.update(events)
      }
      output.finish()
    } finally {
      output.discard()
    }
    if (output.file !== null) this.log(`${countText(events, 'event')} written to ${output.file}`)
    return { events, bytes, file: output.file }
  }
}
