import { randomBytes } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

/** Of every user in these tests. */
export const PASSWORD = 's3cret'

export interface Told {
  exit: number
  code: string
  /** What happened, with what was found. */
  message: RegExp
  /** What to do next. */
  hint: RegExp
}

/** A project whose report `purchase-funnel` is to be kept in some database, which is then given trouble. */
export class FaultyProject {
  readonly #folder: string
  readonly #reports: string

  private constructor(folder: string, reports: string) {
    this.#folder = folder
    this.#reports = reports
  }

  /** The report is filled; then more events came in, of which it knows nothing yet. */
  static async behind(model: Model, reports: string): Promise<FaultyProject> {
    const folder = join(model.path, `project-${randomBytes(4).toString('hex')}`)
    cpSync(join(model.path, 'model'), folder, { recursive: true })
    const project = new FaultyProject(folder, reports)
    await project.does('import dumps/purchases.ndjson')
    await project.does('projection purchase-funnel')
    await project.does('import more.ndjson')
    return project
  }

  get path(): string {
    return this.#folder
  }

  /** Is told for what it is, without secrets. */
  async fails(line: string, { exit, code, message, hint }: Told): Promise<void> {
    const outcome = await this.#run(`${line} --json`)
    const { error } = parseJson(outcome)
    expect({ exit: outcome.code, code: error?.code }, outcome.stdout).toEqual({ exit, code })
    expect(error?.message).toMatch(message)
    expect(error?.hints.join('\n')).toMatch(hint)
  }

  async does(line: string): Promise<{ stdout: string; stderr: string }> {
    const outcome = await this.#run(line)
    expect(outcome, line).toMatchObject({ code: 0 })
    return outcome
  }

  /** The rows are those that nobody disturbed. */
  async isWhole({ rows }: Model): Promise<void> {
    const { stdout } = await this.does('report purchase-funnel --format csv')
    expect(stdout.split('\n').length).toBe(rows.split('\n').length)
    expect(stdout === rows).toBe(true)
  }

  async #run(line: string) {
    const env = { DEMETRA_REPORTS: this.#reports }
    const outcome = await demetra(line.split(' '), { cwd: this.#folder, env })
    expect(outcome.stdout + outcome.stderr).not.toContain(PASSWORD)
    return outcome
  }
}

export interface Model extends Disposable {
  path: string
  /** The whole report, as CSV. */
  rows: string
}

/** `more`: purchases in the second dump, of 2 kB that hardly compress. */
export async function makeModel(more = 2000): Promise<Model> {
  const folder = temporaryFolder()
  const cwd = join(folder.path, 'model')
  expect(await demetra(['init', cwd])).toMatchObject({ code: 0 })
  const lines = Array.from({ length: more }, (_, n) => largeLine(n))
  writeFileSync(join(cwd, 'more.ndjson'), lines.join('\n'))
  const rows = async (): Promise<string> => {
    const whole = join(folder.path, 'whole')
    cpSync(cwd, whole, { recursive: true })
    for (const line of ['import dumps/purchases.ndjson more.ndjson', 'projection purchase-funnel']) {
      expect(await demetra(line.split(' '), { cwd: whole })).toMatchObject({ code: 0 })
    }
    return (await demetra(['report', 'purchase-funnel', '--format', 'csv'], { cwd: whole })).stdout
  }
  return { path: folder.path, rows: await rows(), [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

function largeLine(n: number): string {
  const id = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
  const created_at = new Date(Date.UTC(2016, 1, 1) + n * 1000).toISOString()
  const meta = { service: 'shop', type: 'purchase-landed', created_at, aggregate_id: `large/${n}` }
  const payload = { product: randomBytes(1500).toString('base64'), country: 'IT' }
  return JSON.stringify({ id, meta, payload })
}
