import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { toFailure, type Failure } from '../cli/failure.ts'
import { interrupted } from '../cli/interrupt.ts'
import { shareRead, whichProjections } from '../cli/projection-run.ts'
import { projectionText } from '../cli/projection-text.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { runProjection, type RunResult } from '../projection/run.ts'
import { listUserFiles } from '../user-files.ts'
import { loadRun } from '../user-files/definitions.ts'

/** Of `--all`: every projection's own outcome. */
export interface AllProjectionsResult {
  projections: ({ name: string; result: RunResult } | { name: string; error: Omit<Failure, 'exitCode'> })[]
}

interface RunFlags {
  skip?: string | undefined
  wait: boolean
  /** Nothing is said of a run that did nothing. */
  isQuiet?: (result: RunResult) => boolean
}

export default class ProjectionCommand extends BaseCommand {
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
    all: Flags.boolean({ default: false, summary: 'Every projection of the project, one after the other.' }),
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
    if (args.name === undefined) return this.#runAll(names, flags)
    const result = await this.#run(args.name, flags)
    if (result.interrupted) {
      this.partialResult = result
      throw interrupted([`\`demetra projection ${args.name}\` goes on where this run stopped`])
    }
    return result
  }

  /** What each of them did last. */
  async #follow(names: readonly string[]): Promise<AllProjectionsResult> {
    const { follow } = await import('../projection/follow.ts')
    const last = new Map<string, RunResult>()
    await follow({
      eventStore: await this.openEventStore('create'),
      signal: this.signal,
      catchUp: async () => {
        for (const name of names) {
          const before = last.get(name)
          const result = await this.#run(name, {
            wait: true,
            isQuiet: (next) => before !== undefined && next.events === 0,
          })
          last.set(name, result)
        }
      },
      onTrouble: ({ message }, againInMs) => this.warn(`${message}; trying again in ${againInMs / 1000} s`),
    })
    return { projections: [...last].map(([name, result]) => ({ name, result })) }
  }

  async #run(name: string, { skip, wait, isQuiet }: RunFlags): Promise<RunResult> {
    const { folder } = await this.configuration()
    const [eventStore, reportStore] = await Promise.all([this.openEventStore(), this.openReportStore()])
    const progress = await this.progress({ label: name, total: 1 })
    const result = await runProjection({
      ...(await loadRun(folder, name)),
      eventStore,
      reportStore,
      wait,
      ...(skip === undefined ? {} : { skip }),
      signal: this.signal,
      onProgress: (read) => progress.update(shareRead(read), '', read.events),
    })
    progress.stop()
    if (isQuiet?.(result) === true) return result
    for (const warning of result.warnings) this.warn(warning)
    this.log(projectionText(result))
    return result
  }

  /** One that fails does not keep the others from running; the first failure's exit code is the run's. */
  async #runAll(names: readonly string[], flags: RunFlags): Promise<AllProjectionsResult> {
    const projections: AllProjectionsResult['projections'] = []
    for (const name of names) {
      try {
        const result = await this.#run(name, flags)
        projections.push({ name, result })
        if (result.interrupted) {
          this.partialResult = { projections }
          throw interrupted(['`demetra projection --all` goes on where this run stopped'])
        }
      } catch (thrown) {
        const { exitCode, ...error } = toFailure(thrown, this.id)
        if (exitCode === EXIT.interrupted) throw thrown
        projections.push({ name, error })
        this.warn(`${name}: ${error.message}${error.hints.map((hint) => `; ${hint}`).join('')}`)
        if (this.exitCode === EXIT.done) this.exitCode = exitCode as ExitCode
      }
    }
    return { projections }
  }
}
