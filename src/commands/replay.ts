import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { interrupted } from '../cli/interrupt.ts'
import { shareRead, whichProjections } from '../cli/projection-run.ts'
import { replayText } from '../cli/replay-text.ts'
import { runReplay, type ReplayResult } from '../projection/replay.ts'
import { listUserFiles } from '../user-files.ts'
import { loadRun } from '../user-files/definitions.ts'

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
    if (flags.all === given.length > 0) {
      throw whichProjections(
        flags.all ? 'Give NAMEs or --all, not both' : 'Which projections? Give their NAMEs, or --all',
        all,
      )
    }
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
    const run = await loadRun(folder, name)
    const [eventStore, reportStore] = await Promise.all([this.openEventStore(), this.openReportStore()])
    const progress = await this.progress({ label: `Replaying ${name}`, total: 1 })
    try {
      return await runReplay({
        ...run,
        eventStore,
        reportStore,
        ...how,
        signal: this.signal,
        onProgress: (read) => progress.update(shareRead(read), '', read.events),
      })
    } finally {
      progress.stop()
    }
  }
}
