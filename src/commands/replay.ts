import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { interrupted } from '../cli/interrupt.ts'
import { replayText } from '../cli/replay-text.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { needsEventTypes } from '../projection/projection.ts'
import { runReplay, type ReplayResult } from '../projection/replay.ts'
import { listUserFiles } from '../user-files.ts'
import { loadEventTypes, loadProjection } from '../user-files/definitions.ts'

export interface ReplayCommandResult {
  replays: ReplayResult[]
}

export default class Replay extends BaseCommand {
  static override summary = 'Rebuild reports from zero, beside those in use, and switch'
  static override description =
    'Fills the next generation of each report from the whole event log while people and cron go on with the one in ' +
    'use, catches up, and switches the view in one step. Run it after a change of `version`, or for a report that ' +
    '`demetra status` calls stale.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> purchase-funnel',
    '<%= config.bin %> <%= command.id %> purchase-funnel --diff',
    '<%= config.bin %> <%= command.id %> --all',
  ]
  static override strict = false
  static override args = {
    name: Args.string({ description: 'Names of projections: their files under projections/.' }),
  }
  static override flags = {
    all: Flags.boolean({ default: false, summary: 'Every projection under projections/.' }),
    diff: Flags.boolean({
      default: false,
      summary: 'Show what would change, row by row and column by column, and do not switch.',
    }),
    'keep-skips': Flags.boolean({
      default: false,
      summary: 'Step over the events that the report in use has stepped over.',
    }),
  }

  async run(): Promise<ReplayCommandResult> {
    const { argv, flags } = await this.parse(Replay)
    const { folder } = await this.configuration()
    const all = listUserFiles(folder, 'projections').map(({ name }) => name)
    const given = argv as string[]
    if (flags.all === given.length > 0) throw whichOnes(flags.all, all)
    const replays: ReplayResult[] = []
    this.partialResult = { replays }
    for (const name of flags.all ? all : [...new Set(given)]) {
      const result = await this.#replay(name, { diff: flags.diff, keepSkips: flags['keep-skips'] })
      replays.push(result)
      for (const warning of result.warnings) this.warn(warning)
      this.log(replayText(result))
      if (this.signal.aborted) throw interrupted(['What was switched stays; the same command does the rest'])
    }
    return { replays }
  }

  async #replay(name: string, how: { diff: boolean; keepSkips: boolean }): Promise<ReplayResult> {
    const { folder } = await this.configuration()
    const definition = await loadProjection(folder, name)
    const [eventStore, reportStore] = await Promise.all([this.openEventStore(), this.openReportStore()])
    const progress = await this.progress({ label: `Replaying ${name}`, total: 1 })
    try {
      return await runReplay({
        name,
        definition,
        ...(needsEventTypes(definition) ? { eventTypes: await loadEventTypes(folder) } : {}),
        eventStore,
        reportStore,
        ...how,
        signal: this.signal,
        onProgress: ({ events, from, position, target }) =>
          progress.update(target > from ? Number(position - from) / Number(target - from) : 1, '', events),
      })
    } finally {
      progress.stop()
    }
  }
}

function whichOnes(all: boolean, names: readonly string[]): DemetraError {
  return new DemetraError(
    all ? 'Give NAMEs or --all, not both' : 'Which projections? Give their NAMEs, or --all',
    {
      code: 'DEMETRA_USAGE',
      exitCode: EXIT.usage,
      hints: [
        names.length > 0
          ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
          : 'there is none under projections/; `demetra init` makes an example',
      ],
    },
  )
}
