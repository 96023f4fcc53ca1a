import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder } from './sync-folder.ts'

const FILE = 'store.json'

/** The store that the events of a spool are for; null where none has answered yet. */
export function readSpoolStore(folder: string): string | null {
  try {
    const { store } = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as { store?: unknown }
    return typeof store === 'string' ? store : null
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Under the lock of the spool. */
export function writeSpoolStore(folder: string, store: string): void {
  const unfinished = join(folder, `.${FILE}.unfinished`)
  const fd = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(fd, `${JSON.stringify({ store })}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(unfinished, join(folder, FILE))
  syncFolder(folder)
}

/** Of a spool that is empty, under its lock. */
export function removeSpoolStore(folder: string): void {
  rmSync(join(folder, FILE), { force: true })
}
