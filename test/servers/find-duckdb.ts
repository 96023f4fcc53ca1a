import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
import { cacheFolder } from './find-mongod.ts'

const run = promisify(execFile)

/** A python3 that has the module duckdb; or `none`, to do without one. */
export const VARIABLE = 'DEMETRA_TEST_DUCKDB'

const PACKAGE = 'duckdb==2.0.1'
const INSTALL = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--retries', '2']
const TIMEOUT_MS = 100_000

/** A Python program, and the folder of modules to run it with, null for its own. */
export interface PythonWithDuckdb {
  python: string
  modules: string | null
}

/** The one asked for, the one on the path, or the one on the path with the module out of a wheel, which is kept. */
export async function findDuckdb(): Promise<PythonWithDuckdb | null> {
  const asked = await askedFor(VARIABLE, 'is no Python that has duckdb', (python) =>
    runs({ python, modules: null }),
  )
  if (asked !== undefined) return asked === null ? null : { python: asked, modules: null }
  const own = { python: 'python3', modules: null }
  if (await runs(own)) return own
  const cached = { python: 'python3', modules: join(cacheFolder(), PACKAGE.replace('==', '-')) }
  if (!existsSync(cached.modules)) await install(cached.modules)
  return (await runs(cached)) ? cached : null
}

/** What a Python program prints. */
export async function runPython({ python, modules }: PythonWithDuckdb, program: string): Promise<string> {
  const env = modules === null ? process.env : { ...process.env, PYTHONPATH: modules }
  return (await run(python, ['-c', program], { env, timeout: TIMEOUT_MS })).stdout
}

async function runs(found: PythonWithDuckdb): Promise<boolean> {
  try {
    await runPython(found, 'import duckdb')
    return true
  } catch {
    return false
  }
}

async function install(target: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  // beside the target, so that the last step is a rename: other test processes may be doing the same
  const folder = await mkdtemp(join(cacheFolder(), 'download-'))
  try {
    await run('python3', [...INSTALL, '--target', folder, PACKAGE], { timeout: TIMEOUT_MS })
    await rename(folder, target)
  } catch {
    // the caller sees that it is not there
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
