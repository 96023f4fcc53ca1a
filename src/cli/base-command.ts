import { Command } from '@oclif/core/command'
import type { Config, Interfaces } from '@oclif/core'
import type { EventLog } from '../event-log/event-log.ts'
import type { EventStore, MissingStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { ReportStore } from '../report-store/report-store.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { toFailure, type Failure } from './failure.ts'
import { globalFlags, type GlobalFlags } from './global-flags.ts'
import { Interrupt } from './interrupt.ts'
import { toJsonText } from './json.ts'
import type { Progress, ProgressOptions } from './progress.ts'
import { redactSecrets } from '../text/redact.ts'
import { readSettings, type Settings } from './settings.ts'
import { writeStderr } from './stderr.ts'
import { StdoutClosed, stdoutFailed, writeStdout } from './stdout.ts'
import { tellFailure } from './tell-failure.ts'

export * as Args from '@oclif/core/args'
export * as Flags from '@oclif/core/flags'

/**
 * What every command is built on. A command declares `summary`, `examples`, `args` and `flags`, and its `run`
 *
 *     const { args, flags } = await this.parse(Show)
 *     const store = await this.openEventStore()              // closed when the run ends, however it ends
 *     const progress = await this.progress({ label: 'Reading', total })
 *     …one call into the domain, given `this.signal`…
 *     this.log(text)                                         // the result for people; nothing under --json
 *     if (rejected > 0) this.exitCode = EXIT.incomplete      // 3, in both modes
 *     return { … }                                           // the `result` of --json; always an object
 *
 * It throws DemetraError and never catches to print, never calls process.exit, and writes to stdout only through
 * `log` and `write`. `--json` prints one document, `{status, result, warnings}` or `{status, error, warnings}`.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags: Interfaces.FlagInput = globalFlags

  /** The exit code of a run that returns: set it where the work is done, but not all of it well. */
  protected exitCode: ExitCode = EXIT.done
  /** A signal ends the run as it should end, and it exits 0. */
  protected endsBySignal = false
  /** What is said at the first signal; null: nothing. */
  protected stopText: string | null = 'Stopping after the batch in hand; again to stop at once.'
  /** What a run had done when it failed or was interrupted: `result` of the failure document, beside `error`. */
  protected partialResult: object | undefined

  readonly #warnings: string[] = []
  readonly #toClose: { close(): Promise<void> | void }[] = []
  readonly #interrupt = new Interrupt(() => {
    if (this.stopText !== null) this.note(this.stopText)
  })
  #globals: GlobalFlags = {}
  #settings: Promise<Settings> | undefined
  #eventStore: Promise<EventStore> | undefined
  #archive: Promise<ObjectStore> | undefined
  #reportStore: Promise<ReportStore> | undefined
  #progress: Progress | undefined

  abstract override run(): Promise<object>

  /** Runs a command as the process: prints its document or its error, and sets the exit code. */
  static async execute(
    command: new (argv: string[], config: Config) => BaseCommand,
    argv: string[],
    config: Config,
  ) {
    await new command(argv, config)._run()
  }

  /** Aborted by the first Ctrl-C or SIGTERM: finish the batch in hand, save, throw `interrupted([hints])`. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal
  }

  /** The configuration: file, environment, flags; URLs absolute. Call it after `parse`. */
  protected async configuration(): Promise<Settings> {
    this.#settings ??= readSettings(this.#globals)
    return this.#settings
  }

  /**
   * The event store of the configuration; opened once, closed when the run ends. One that is not there is refused.
   * `storeId`: of one that is created.
   */
  protected async openEventStore(missing: MissingStore = 'refuse', storeId?: string): Promise<EventStore> {
    this.#eventStore ??= this.configuration().then(async ({ store, stabilityMs }) => {
      const { openEventStore } = await import('../event-store/open.ts')
      const options = { stabilityMs, missing, ...(storeId === undefined ? {} : { storeId }) }
      return this.closing(await openEventStore(store, options))
    })
    return this.#eventStore
  }

  /** Event store and archive of the configuration as one log; the archive is opened where a segment is needed. */
  protected async openEventLog(missing?: MissingStore): Promise<EventLog> {
    const store = await this.openEventStore(missing)
    const { EventLog } = await import('../event-log/event-log.ts')
    return new EventLog(store, () => this.openArchive())
  }

  /** The archive of the configuration; opened once, closed when the run ends. */
  protected async openArchive(): Promise<ObjectStore> {
    this.#archive ??= this.configuration().then(async ({ archive }) => {
      const { openObjectStore } = await import('../object-store/open.ts')
      return this.closing(await openObjectStore(archive))
    })
    return this.#archive
  }

  /** The report store of the configuration; opened once, closed when the run ends. */
  protected async openReportStore(): Promise<ReportStore> {
    this.#reportStore ??= this.configuration().then(async ({ reports }) => {
      const { openReportStore } = await import('../report-store/open.ts')
      return this.closing(await openReportStore(reports))
    })
    return this.#reportStore
  }

  /** Closes `resource` when the run ends, the last one opened first. */
  protected closing<T extends { close(): Promise<void> | void }>(resource: T): T {
    this.#toClose.push(resource)
    return resource
  }

  /** Progress for people: a live line on a terminal, a log line every 10 s elsewhere, nothing with --json or --quiet. */
  protected async progress(options: ProgressOptions): Promise<Progress> {
    const { silentProgress, startProgress } = await import('./progress.ts')
    this.#progress?.stop()
    this.#progress = this.jsonEnabled() || this.#globals.quiet ? silentProgress : await startProgress(options)
    return this.#progress
  }

  /** A line of the result for people, on stdout; nothing under --json. */
  override log(text = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`)
  }

  /** A chunk of a large result, on stdout, in either mode; waits for a slow reader. */
  protected async write(chunk: string | Uint8Array): Promise<void> {
    await writeStdout(chunk)
  }

  /** A remark for people, on stderr; nothing with --json or --quiet. */
  protected note(text: string): void {
    if (this.jsonEnabled() || this.#globals.quiet) return
    this.#progress?.clear()
    writeStderr(`${redactSecrets(text)}\n`)
  }

  /** A warning: on stderr, and in `warnings` under --json. */
  override warn<T extends string | Error>(input: T): T {
    const text = redactSecrets(typeof input === 'string' ? input : input.message)
    this.#warnings.push(text)
    if (!this.jsonEnabled()) {
      this.#progress?.clear()
      writeStderr(`Warning: ${text}\n`)
    }
    return input
  }

  /** True where the result goes to people: not under --json. Whether to a terminal: `process.stdout.isTTY`. */
  protected get forPeople(): boolean {
    return !this.jsonEnabled()
  }

  override jsonEnabled(): boolean {
    const end = this.argv.indexOf('--')
    return (end === -1 ? this.argv : this.argv.slice(0, end)).includes('--json')
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    // oclif would wait for standard input where an argument is missing, and take what stands there for it
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true
    const parsed = await super.parse<F, B, A>(options, argv)
    this.#globals = parsed.flags as GlobalFlags
    return parsed
  }

  /** oclif would look for aliases that are out of date; we have none, and the look costs a start-up. */
  protected override async init(): Promise<void> {}

  /** The whole life of a run, and the only place where its outcome is told. */
  protected override async _run<T>(): Promise<T> {
    let outcome: { result: object } | { failure: Failure } | 'stdout closed'
    try {
      await this.init()
      outcome = { result: await this.run() }
      await this.#close()
    } catch (thrown) {
      await this.#close().catch(() => undefined)
      outcome = this.#told(thrown)
    }
    this.#interrupt.stopListening()
    if (stdoutFailed()) return undefined as T
    if (outcome === 'stdout closed') process.exitCode = EXIT.done
    else if ('result' in outcome) this.#tellResult(outcome.result)
    else
      tellFailure(outcome.failure, {
        json: this.jsonEnabled(),
        partial: this.partialResult,
        warnings: this.#warnings,
      })
    return undefined as T
  }

  async #close(): Promise<void> {
    this.#progress?.stop()
    let failed: unknown
    for (const resource of this.#toClose.splice(0).toReversed()) {
      try {
        await resource.close()
      } catch (error) {
        failed ??= error
      }
    }
    if (failed !== undefined) throw failed
  }

  #told(thrown: unknown): { failure: Failure } | 'stdout closed' {
    if (thrown instanceof StdoutClosed) return 'stdout closed'
    const { signal } = this.#interrupt
    const aborted = signal.aborted && thrown instanceof Error && thrown.name === 'AbortError'
    return { failure: toFailure(aborted ? signal.reason : thrown, this.id) }
  }

  #tellResult(result: object): void {
    const isInterrupted = this.signal.aborted && !this.endsBySignal
    const status = this.exitCode === EXIT.done && isInterrupted ? EXIT.interrupted : this.exitCode
    if (this.jsonEnabled()) process.stdout.write(toJsonText({ status, result, warnings: this.#warnings }))
    process.exitCode = status
  }
}
