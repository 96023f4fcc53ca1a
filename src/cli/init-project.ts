import { copyFileSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DemetraError, EXIT } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { commandPrefix } from './command-prefix.ts'

export interface InitResult {
  folder: string
  created: string[]
  /** Were there already, and stay as they are. */
  kept: string[]
  /** What to type next, in the folder. */
  next: string[]
}

/** Copies the example project; never overwrites a file. */
export function initProject(folder: string): InitResult {
  const template = join(packageRoot, 'templates', 'init')
  const created: string[] = []
  const kept: string[] = []
  for (const file of filesUnder(template)) {
    const target = join(folder, file)
    makeFolder(dirname(target))
    if (copyNew(join(template, file), target)) created.push(file)
    else kept.push(file)
  }
  const demetra = commandPrefix()
  const next = [
    `${demetra} import dumps/purchases.ndjson`,
    `${demetra} projection purchase-funnel`,
    `${demetra} report purchase-funnel`,
  ]
  return { folder, created, kept, next }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .toSorted()
}

function copyNew(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error
    throw new DemetraError(`${folder} is a file, not a folder`, {
      code: 'DEMETRA_NOT_A_FOLDER',
      exitCode: EXIT.inputMissing,
      context: { folder },
    })
  }
}
