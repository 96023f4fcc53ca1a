import { DemetraError, EXIT, type ExitCode } from '../errors.ts'
import type { ProjectionToRun, SharedRunOptions } from '../projection/run-types.ts'
import { loadRun } from '../user-files/definitions.ts'
import { BaseCommand } from './base-command.ts'
import { toFailure, type Failure } from './failure.ts'

/** Of one of several projections. */
export interface FailedProjection {
  name: string
  error: Omit<Failure, 'exitCode'>
}

type RunTogether<Result> = (
  projections: readonly ProjectionToRun[],
  options: Pick<Required<SharedRunOptions>, 'eventStore' | 'reportStore' | 'signal' | 'onProgress'>,
) => Promise<PromiseSettledResult<Result>[]>

/** What commands that run one or several projections are built on. */
export abstract class ProjectionsCommand extends BaseCommand {
  /**
   * Loads projections and runs those that could be loaded, together, with progress under `label`. The outcome of
   * each, in the order of `names`.
   */
  protected async runTogether<Result>(
    names: readonly string[],
    label: string,
    run: RunTogether<Result>,
  ): Promise<PromiseSettledResult<Result>[]> {
    const { folder } = await this.configuration()
    const loaded = await Promise.allSettled(names.map((name) => loadRun(folder, name)))
    const projections = loaded.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const [eventStore, reportStore] = await Promise.all([this.openEventLog(), this.openReportStore()])
    const progress = await this.progress({ label, total: 1 })
    try {
      const outcomes = await run(projections, {
        eventStore,
        reportStore,
        signal: this.signal,
        onProgress: (read) => progress.update(read.share, '', read.events),
      })
      const rest = outcomes.values()
      return loaded.map((one) => (one.status === 'rejected' ? one : (rest.next().value ?? notRun())))
    } finally {
      progress.stop()
    }
  }

  /** One of several has failed: it is told, and the first failure's exit code is the command's. */
  protected failed(name: string, reason: unknown): FailedProjection {
    const { exitCode, ...error } = toFailure(reason, this.id)
    this.warn(`${name}: ${error.message}${error.hints.map((hint) => `; ${hint}`).join('')}`)
    if (this.exitCode === EXIT.done) this.exitCode = exitCode as ExitCode
    return { name, error }
  }
}

/** Both of names and --all were given, or neither. `names`: those that there are. */
export function whichProjections(message: string, names: readonly string[]): DemetraError {
  return new DemetraError(message, {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: [
      names.length > 0
        ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
        : 'there is none under projections/; `demetra init` makes an example',
    ],
  })
}

function notRun(): never {
  throw new Error('a projection was given to a run and has no outcome')
}
