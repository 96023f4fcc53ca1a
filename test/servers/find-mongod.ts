import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
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
  const asked = await askedFor(VARIABLE, 'is not a mongod that runs here', runs)
  if (asked !== undefined) return asked
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
