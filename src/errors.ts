/**
 * What every failure carries: a stable code for programs, a message for people (what happened, what was
 * expected, where), the commands to type next, and the exit code of the process.
 */

/** Exit codes of the command line, the same with and without `--json`. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Done, but with rejects, conflicts or damage. */
  incomplete: 3,
  inputMissing: 4,
  temporary: 5,
  unreachable: 10,
  locked: 11,
  bug: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface DemetraErrorOptions {
  /** Stable, `DEMETRA_…`. */
  code: `DEMETRA_${string}`
  exitCode: ExitCode
  /** What to do next; a command stands in backticks and can be run as it is. */
  hints?: readonly string[]
  /** Small, machine-readable facts: file, line, byteOffset, id. Never a secret, never a payload. */
  context?: Readonly<Record<string, string | number | boolean | null>>
  cause?: unknown
}

/** An error whose cause lies with the user or the environment; anything else that is thrown is a bug. */
export class DemetraError extends Error {
  override readonly name = 'DemetraError'
  readonly code: string
  readonly exitCode: ExitCode
  readonly hints: readonly string[]
  readonly context: Readonly<Record<string, string | number | boolean | null>>

  /** By name: in a build some adapters stand in files of their own, with a class of their own. */
  static override [Symbol.hasInstance](value: unknown): value is DemetraError {
    return value instanceof Error && value.name === 'DemetraError'
  }

  constructor(message: string, options: DemetraErrorOptions) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.exitCode = options.exitCode
    this.hints = options.hints ?? []
    this.context = options.context ?? {}
  }
}
