import { Args, BaseCommand } from '../cli/base-command.ts'
import { eventText } from '../cli/event-text.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { formatEventLine } from '../event/event-line.ts'
import { parseUuid } from '../event/uuid.ts'
import { RawJson } from '../cli/json.ts'

export interface ShowResult {
  /** The event in the form of `export --full`. */
  event: RawJson
  store: string
  /** Where in the archive it lives; null: it is live, in the store. */
  archived: { archive: string; segment: number; key: string } | null
}

export default class Show extends BaseCommand {
  static override summary = 'Show one event, and where it lives'
  static override description =
    'Live or archived. The payload comes as it went in: key order, long numbers and all.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 20ec0521-d127-4038-92ed-a4196c33705b',
    '<%= config.bin %> <%= command.id %> 20ec0521-d127-4038-92ed-a4196c33705b --json',
  ]
  static override args = { id: Args.string({ description: 'UUID of the event.', required: true }) }

  async run(): Promise<ShowResult> {
    const { args } = await this.parse(Show)
    const id = parseUuid(args.id.trim())
    if (id === null) {
      throw new DemetraError(`'${args.id}' is no UUID, as in 20ec0521-d127-4038-92ed-a4196c33705b`, {
        code: 'DEMETRA_ID',
        exitCode: EXIT.usage,
        hints: ['The events of an aggregate: `demetra history AGGREGATE`'],
      })
    }
    const store = await this.openEventStore()
    const found = await (await this.openEventLog()).find(id)
    if (found === null) {
      throw new DemetraError(`There is no event ${args.id.toLowerCase()} in ${store.url}`, {
        code: 'DEMETRA_NO_EVENT',
        exitCode: EXIT.failed,
        hints: ['`demetra status` tells what the store holds'],
        context: { id: args.id.toLowerCase() },
      })
    }
    const { event, archived } = found
    this.log(eventText(event))
    this.log(
      archived === null
        ? `\nstored in ${store.url}`
        : `\narchived in ${archived.archive}: segment ${archived.segment}, ${archived.key}`,
    )
    return { event: new RawJson(formatEventLine(event, true)), store: store.url, archived }
  }
}
