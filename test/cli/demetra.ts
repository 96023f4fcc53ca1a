import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
export const RUN = join(ROOT, 'bin', 'run.js')

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export interface SpawnOptions {
  cwd?: string
  env?: Record<string, string>
  /** The program; default Demetra as it is built. */
  script?: string
  nodeArgs?: readonly string[]
  onSpawn?: (child: ChildProcess) => void
  /** Called with all of stdout so far, at each piece of it. */
  onStdout?: (text: string, child: ChildProcess) => void
}

/** The environment without what would change what a test sees. */
function environment(env: Record<string, string>): NodeJS.ProcessEnv {
  const DISTURBING = /^(?:DEMETRA_.*|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|npm_command|npm_lifecycle_event)$/u
  const inherited = Object.entries(process.env).filter(([name]) => !DISTURBING.test(name))
  return { ...Object.fromEntries(inherited), ...env }
}

/** Runs Demetra as a user does: a process of its own, with pipes. */
export function demetra(args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  const { cwd = tmpdir(), env = {}, script = RUN, nodeArgs = [], onSpawn, onStdout } = options
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
      cwd,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      outcome.stdout += piece
      onStdout?.(outcome.stdout, child)
    })
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (outcome.stderr += piece))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...outcome, code }))
    onSpawn?.(child)
  })
}

/** Runs a line of shell, as people type it; `demetra` and `node` are the ones under test. */
export function shell(line: string, options: Pick<SpawnOptions, 'cwd' | 'env'> = {}): Promise<Outcome> {
  const { cwd = tmpdir(), env = {} } = options
  return new Promise((resolve, reject) => {
    const prelude = `set -o pipefail; demetra() { "${process.execPath}" "${RUN}" "$@"; }; `
    const child = spawn('bash', ['-c', prelude + line], {
      cwd,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (outcome.stdout += piece))
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (outcome.stderr += piece))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...outcome, code }))
  })
}

/** A folder that is gone when the block is. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'demetra-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The one document that --json prints. */
export function parseJson(outcome: Outcome): {
  status: number
  result?: Record<string, unknown>
  error?: { code: string; message: string; hints: string[]; context: Record<string, unknown>; stack?: string }
  warnings: string[]
} {
  return JSON.parse(outcome.stdout) as ReturnType<typeof parseJson>
}
