import { Args, Flags } from '../cli/base-command.ts'
import { isInterruption } from '../cli/interrupt.ts'
import { ProjectionsCommand, whichProjections, type FailedProjection } from '../cli/projections-command.ts'
import { replayText } from '../cli/replay-text.ts'
import { replayInterrupted } from '../projection/replay-failure.ts'
import { runReplays, type ReplayResult } from '../projection/replay.ts'
import { findUserFile, listUserFiles } from '../user-files.ts'

export interface ReplayCommandResult {
  replays: ReplayResult[]
  /** Of several: those whose reports are as they were before. */
  failed: FailedProjection[]
}

export default class Replay extends ProjectionsCommand {
  static override summary = 'Rebuild reports from zero, beside those in use, and switch'
  static override description =
    'Fills the next generation of each report from the whole event log while people and cron go on with the one in ' +
    'use, catches up, and switches the view in one step. Several reports share one read of the log. Run it after a change of `version`, or for a report that ' +
    '`demetra status` calls stale.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> purchase-funnel',
    '<%= config.bin %> <%= command.id %> purchase-funnel --diff',
    '<%= config.bin %> <%= command.id %> purchase-funnel hospital-cases',
    '<%= config.bin %> <%= command.id %> --all',
  ]
  static override strict = false
  static override args = {
    name: Args.string({ description: 'Names of projections: their files under projections/.' }),
  }
  static override flags = {
    all: Flags.boolean({
      default: false,
      summary: 'Every projection under projections/, by one read of the log.',
    }),
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
    // a misspelt one is told before anything is done
    for (const name of given) findUserFile(folder, 'projections', name)
    return this.#replay(flags.all ? all : [...new Set(given)], {
      diff: flags.diff,
      keepSkips: flags['keep-skips'],
    })
  }

  /** One that fails does not keep the others from their switches. */
  async #replay(
    names: readonly string[],
    how: { diff: boolean; keepSkips: boolean },
  ): Promise<ReplayCommandResult> {
    const [only = ''] = names
    const label = `Replaying ${names.length === 1 ? only : `${names.length} projections`}`
    const outcomes = await this.runTogether(names, label, (projections, options) =>
      runReplays(projections, { ...options, ...how }),
    )
    const result: ReplayCommandResult = { replays: [], failed: [] }
    this.partialResult = result
    const interrupted: string[] = []
    for (const [i, outcome] of outcomes.entries()) {
      const name = names[i] as string
      if (outcome.status === 'fulfilled') {
        for (const warning of outcome.value.warnings) this.warn(warning)
        this.log(replayText(outcome.value))
        result.replays.push(outcome.value)
      } else if (isInterruption(outcome.reason)) interrupted.push(name)
      else if (names.length === 1) throw outcome.reason
      else result.failed.push(this.failed(name, outcome.reason))
    }
    if (interrupted.length > 0) throw replayInterrupted(...interrupted)
    return result
  }
}
