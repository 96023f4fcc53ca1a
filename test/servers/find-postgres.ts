import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
import { packageFolder, postgresFromPackage } from './postgres-package.ts'

const run = promisify(execFile)

/** A folder that holds initdb and postgres; or `none`, to do without them. */
export const VARIABLE = 'DEMETRA_TEST_POSTGRES'

/** PostgreSQL refuses to run as root; where the tests do, its programs run as nobody. */
export const NOBODY: { uid?: number; gid?: number } =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

let found: Promise<string | null> | undefined

/** Looked for once in each process. */
export function postgresHere(): Promise<string | null> {
  found ??= findPostgres()
  return found
}

/** The folder of programs that run here: the one asked for, on the path, a system's, or out of a package. */
export async function findPostgres(): Promise<string | null> {
  const asked = await askedFor(VARIABLE, 'holds no initdb and postgres that run here', runs)
  if (asked !== undefined) return asked
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of [...onPath, ...(await systemFolders())]) {
    if (existsSync(join(folder, 'initdb')) && (await runs(folder))) return folder
  }
  const cached = join(packageFolder(), 'bin')
  const isThere = existsSync(cached) || (await postgresFromPackage())
  return isThere && (await runs(cached)) ? cached : null
}

/** Debian's packages do not lie on the path; the newest first. */
async function systemFolders(): Promise<string[]> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a))
  return newestFirst.map((version) => join(root, version, 'bin'))
}

async function runs(folder: string): Promise<boolean> {
  try {
    for (const program of ['initdb', 'postgres']) {
      await run(join(folder, program), ['--version'], { timeout: 30_000, cwd: '/', ...NOBODY })
    }
    return true
  } catch {
    return false
  }
}
