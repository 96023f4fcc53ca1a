import { randomBytes } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

/** Of every user in these tests. */
export const PASSWORD = 's3cret'

/** Purchases of the second dump, of 2 kB each that hardly compress. */
const LARGE = 2000

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
    cpSync(join(model.path, 'begun'), folder, { recursive: true })
    const project = new FaultyProject(folder, reports)
    await project.does('projection purchase-funnel')
    cpSync(join(model.path, 'whole', 'demetra.db'), join(folder, 'demetra.db'))
    return project
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
  /** Of two projects: `begun`, and `whole`, which has more events of the same store. */
  path: string
  /** The whole report, as CSV. */
  rows: string
}

export async function makeModel(): Promise<Model> {
  const folder = temporaryFolder()
  const [begun, whole] = [join(folder.path, 'begun'), join(folder.path, 'whole')]
  const does = async (line: string, cwd: string): Promise<string> => {
    const outcome = await demetra(line.split(' '), { cwd })
    expect(outcome, line).toMatchObject({ code: 0 })
    return outcome.stdout
  }
  await does(`init ${begun}`, folder.path)
  await does('import dumps/purchases.ndjson', begun)
  cpSync(begun, whole, { recursive: true })
  const lines = Array.from({ length: LARGE }, (_, n) => largeLine(n))
  writeFileSync(join(whole, 'more.ndjson'), lines.join('\n'))
  await does('import more.ndjson', whole)
  await does('projection purchase-funnel', whole)
  const rows = await does('report purchase-funnel --format csv', whole)
  return { path: folder.path, rows, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

function largeLine(n: number): string {
  const id = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
  const created_at = new Date(Date.UTC(2016, 1, 1) + n * 1000).toISOString()
  const meta = { service: 'shop', type: 'purchase-landed', created_at, aggregate_id: `large/${n}` }
  const payload = { product: randomBytes(1500).toString('base64'), country: 'IT' }
  return JSON.stringify({ id, meta, payload })
}
