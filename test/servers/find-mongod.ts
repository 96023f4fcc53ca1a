import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mongodFromWheel } from './mongod-wheel.ts'

const run = promisify(execFile)

/** A path to a mongod; or `none`, to do without one. */
export const VARIABLE = 'DEMETRA_TEST_MONGOD'

/** Where tests keep what is dear to get. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'demetra-test')
}

let found: Promise<string | null> | undefined

/** Looked for once in each process. */
export function mongodHere(): Promise<string | null> {
  found ??= findMongod()
  return found
}

/** A mongod that runs: the one asked for, the one on the path, or one out of a wheel, which is kept. */
export async function findMongod(): Promise<string | null> {
  const given = process.env[VARIABLE]
  if (given === 'none') return null
  if (given) {
    // another one instead would hide the mistake
    if (!(await runs(given))) throw new Error(`${VARIABLE}=${given} is not a mongod that runs here`)
    return given
  }
  if (await runs('mongod')) return 'mongod'
  const cached = join(cacheFolder(), 'mongod-6.0.5', 'mongod')
  // one that is there and does not run lacks a library; another of the same kind would too
  const isThere = existsSync(cached) || (await mongodFromWheel(cached))
  return isThere && (await runs(cached)) ? cached : null
}

async function runs(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 30_000 })
    return stdout.includes('db version')
  } catch {
    return false
  }
}
