/** A command that ends as its flags say: what the base command makes of each end is what the tests look at. */
import { BaseCommand, Flags } from '../../src/cli/base-command.ts'
import { interrupted } from '../../src/cli/interrupt.ts'
import { plainConfig } from '../../src/cli/plain-config.ts'
import { DemetraError, type ExitCode } from '../../src/errors.ts'

class Probe extends BaseCommand {
  static override id = 'probe'
  static override flags = {
    fail: Flags.integer({ summary: 'Throw a DemetraError of this exit code.' }),
    message: Flags.string({ default: 'It went wrong' }),
    bug: Flags.boolean(),
    'not-an-error': Flags.boolean(),
    system: Flags.string(),
    end: Flags.integer({ summary: 'Return with this exit code.' }),
    warning: Flags.string(),
    bytes: Flags.integer({ summary: 'A result of this size.' }),
    lines: Flags.integer({ summary: 'Write so many lines to stdout.' }),
    wait: Flags.boolean({ summary: 'Until Ctrl-C.' }),
    stubborn: Flags.boolean({ summary: 'Never end.' }),
    partial: Flags.boolean(),
    'failing-close': Flags.boolean(),
  }

  async run(): Promise<object> {
    const { flags } = await this.parse(Probe)
    if (flags.warning !== undefined) this.warn(flags.warning)
    if (flags.partial) this.partialResult = { written: 5n }
    if (flags['failing-close']) this.closing({ close: () => Promise.reject(new TypeError('cannot close')) })
    if (flags.fail !== undefined) {
      throw new DemetraError(flags.message, {
        code: 'DEMETRA_PROBE',
        exitCode: flags.fail as ExitCode,
        hints: ['`demetra probe` again'],
        context: { file: 'probe.csv', line: 3 },
      })
    }
    if (flags.bug) throw new TypeError('undefined is not an event')
    // oxlint-disable-next-line typescript/only-throw-error
    if (flags['not-an-error']) throw 'a string'
    if (flags.system !== undefined) throw Object.assign(new Error('from the system'), { code: flags.system })
    if (flags.wait) await this.#interruption()
    if (flags.stubborn) await this.#forever()
    for (let line = 0; line < (flags.lines ?? 0); line++) await this.write(`line ${line}\n`)
    this.exitCode = (flags.end ?? 0) as ExitCode
    this.log('done')
    this.note('a remark')
    return { text: 'x'.repeat(flags.bytes ?? 0) }
  }

  async #interruption(): Promise<never> {
    const alive = setInterval(() => undefined, 1000)
    process.stdout.write('ready\n')
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve))
    clearInterval(alive)
    throw interrupted(['`demetra probe` goes on'])
  }

  async #forever(): Promise<never> {
    setInterval(() => undefined, 1000)
    this.signal.addEventListener('abort', () => process.stdout.write('asked to stop\n'))
    process.stdout.write('ready\n')
    return new Promise(() => undefined)
  }
}

await Probe.execute(Probe, process.argv.slice(2), plainConfig())
