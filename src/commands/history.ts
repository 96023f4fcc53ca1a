import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { historyText } from '../cli/history-text.ts'
import { RawJson } from '../cli/json.ts'
import type { Progress } from '../cli/progress.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { readHistory } from '../event-log/history.ts'
import { formatEventLine } from '../event/event-line.ts'

export interface HistoryResult {
  id: string
  /** What the id was found to be. */
  of: 'aggregate' | 'correlation' | 'both'
  events: RawJson[]
  /** More events are there than `--limit` lets through. */
  truncated: boolean
}

export default class History extends BaseCommand {
  static override summary = 'Show all events of an aggregate or a correlation as a time line'
  static override description =
    'In log order. The id is looked up as an aggregate and as a correlation. The archive has no index by them: its ' +
    'segments are searched one after the other, until there are as many events as --limit lets through.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> case/A',
    '<%= config.bin %> <%= command.id %> container/subscription/42 --payload',
    '<%= config.bin %> <%= command.id %> case/A --json',
  ]
  static override args = {
    id: Args.string({ description: 'aggregate_id or correlation_id.', required: true }),
  }
  static override flags = {
    payload: Flags.boolean({ description: 'Show the payloads too.' }),
    limit: Flags.integer({ min: 1, default: 10_000, description: 'At most so many events.' }),
  }

  async run(): Promise<HistoryResult> {
    const { args, flags } = await this.parse(History)
    const log = await this.openEventLog()
    let progress: Promise<Progress> | undefined
    const { of, events, truncated } = await readHistory(log, args.id, flags.limit, (nth, total) => {
      this.signal.throwIfAborted()
      progress ??= this.progress({ label: 'Searching the archive', unit: 'segments', total })
      void progress.then((shown) => shown.update(nth - 1))
    })
    await progress?.then((shown) => shown.stop())
    if (of === null) {
      throw new DemetraError(`No event has the aggregate_id or correlation_id '${args.id}'`, {
        code: 'DEMETRA_NO_EVENT',
        exitCode: EXIT.failed,
        hints: ['`demetra export | head` shows what ids look like'],
        context: { id: args.id },
      })
    }
    if (this.forPeople) await this.write(historyText(args.id, of, events, flags.payload))
    if (truncated) this.warn(`Only the first ${flags.limit} events are shown; --limit shows more`)
    return {
      id: args.id,
      of,
      events: events.map((event) => new RawJson(formatEventLine(event, true))),
      truncated,
    }
  }
}
