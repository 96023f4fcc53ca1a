import { Args, Flags } from '../cli/base-command.ts'
import { interrupted } from '../cli/interrupt.ts'
import { ProjectionsCommand, whichProjections, type FailedProjection } from '../cli/projections-command.ts'
import { projectionText } from '../cli/projection-text.ts'
import { runProjections, type RunResult } from '../projection/run.ts'
import { listUserFiles } from '../user-files.ts'

/** Of `--all`: every projection's own outcome. */
export interface AllProjectionsResult {
  projections: ({ name: string; result: RunResult } | FailedProjection)[]
}

interface RunFlags {
  skip?: string | undefined
  wait: boolean
}

export default class ProjectionCommand extends ProjectionsCommand {
  static override summary = 'Catch a report up with the event log and exit, for cron; or follow it'
  static override description =
    'Runs the projection NAME (its file under projections/) over the events that its report does not contain yet. ' +
    'Where another run is at it already, this one says who and exits 0; --wait waits. --follow stays, and goes on as ' +
    'events come in. `demetra projection:NAME` is the same command.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> purchase-funnel',
    '<%= config.bin %> <%= command.id %>:purchase-funnel',
    '<%= config.bin %> <%= command.id %> --all --quiet',
    '<%= config.bin %> <%= command.id %> purchase-funnel --follow',
    {
      description: 'Step over an event that the handler cannot take, and note it down:',
      command:
        '<%= config.bin %> <%= command.id %> purchase-funnel --skip 20ec0521-d127-4038-92ed-a4196c33705b',
    },
  ]
  static override args = {
    name: Args.string({ description: "The projection's name: its file under projections/." }),
  }
  static override flags = {
    all: Flags.boolean({
      default: false,
      summary: 'Every projection of the project, by one read of the log.',
    }),
    skip: Flags.string({
      summary: 'Step over this event, and write that down.',
      helpValue: 'ID',
      exclusive: ['all'],
    }),
    follow: Flags.boolean({
      default: false,
      summary: 'Stay, and catch up whenever events come in; Ctrl-C ends it.',
      exclusive: ['skip'],
    }),
    wait: Flags.boolean({ default: false, summary: 'Wait for another run of the same projection to end.' }),
  }

  async run(): Promise<RunResult | AllProjectionsResult> {
    const { args, flags } = await this.parse(ProjectionCommand)
    const { folder } = await this.configuration()
    const names = listUserFiles(folder, 'projections').map(({ name }) => name)
    if (flags.all !== (args.name === undefined)) {
      throw whichProjections(
        flags.all ? 'Give a NAME or --all, not both' : 'Which projection? Give its NAME, or --all',
        names,
      )
    }
    if (flags.follow) return this.#follow(args.name === undefined ? names : [args.name])
    return args.name === undefined ? this.#runAll(names, flags) : this.#runOne(args.name, flags)
  }

  async #runOne(name: string, flags: RunFlags): Promise<RunResult> {
    const [outcome] = await this.#run([name], flags)
    if (outcome?.status !== 'fulfilled') throw outcome?.reason
    const result = outcome.value
    this.#tell(result)
    if (result.interrupted) {
      this.partialResult = result
      throw interrupted([`\`demetra projection ${name}\` goes on where this run stopped`])
    }
    return result
  }

  /** One that fails does not keep the others from running. */
  async #runAll(names: readonly string[], flags: RunFlags): Promise<AllProjectionsResult> {
    const outcomes = await this.#run(names, flags)
    const projections = outcomes.map((outcome, i) => {
      const name = names[i] as string
      if (outcome.status === 'rejected') return this.failed(name, outcome.reason)
      this.#tell(outcome.value)
      return { name, result: outcome.value }
    })
    if (projections.some((one) => 'result' in one && one.result.interrupted)) {
      this.partialResult = { projections }
      throw interrupted(['`demetra projection --all` goes on where this run stopped'])
    }
    return { projections }
  }

  /** What each of them did last. One that fails is followed no more; with the last of them the following ends. */
  async #follow(names: readonly string[]): Promise<AllProjectionsResult> {
    const { follow, passes } = await import('../projection/follow.ts')
    const last = new Map<string, AllProjectionsResult['projections'][number]>()
    let following = names
    await follow({
      eventStore: await this.openEventStore('create'),
      signal: this.signal,
      catchUp: async () => {
        const round = following
        const outcomes = await this.#run(round, { wait: true })
        const troubles: unknown[] = []
        for (const [i, outcome] of outcomes.entries()) {
          const name = round[i] as string
          if (outcome.status === 'fulfilled') {
            // nothing is said of a run that did nothing
            if (!last.has(name) || outcome.value.events > 0) this.#tell(outcome.value)
            last.set(name, { name, result: outcome.value })
          } else if (passes(outcome.reason)) {
            troubles.push(outcome.reason)
          } else {
            following = following.filter((other) => other !== name)
            if (following.length === 0) throw outcome.reason
            last.set(name, this.failed(name, outcome.reason))
          }
        }
        if (troubles.length > 0) throw troubles[0]
      },
      onTrouble: ({ message }, againInMs) => this.warn(`${message}; trying again in ${againInMs / 1000} s`),
    })
    return { projections: [...last.values()] }
  }

  async #run(names: readonly string[], { skip, wait }: RunFlags): Promise<PromiseSettledResult<RunResult>[]> {
    const [only = ''] = names
    const label = names.length === 1 ? only : `${names.length} projections`
    return this.runTogether(names, label, (projections, options) =>
      runProjections(
        projections.map((projection) => ({ ...projection, ...(skip === undefined ? {} : { skip }) })),
        { ...options, wait },
      ),
    )
  }

  #tell(result: RunResult): void {
    for (const warning of result.warnings) this.warn(warning)
    this.log(projectionText(result))
  }
}
