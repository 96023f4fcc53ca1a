import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Some file systems cannot sync a folder. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM', 'EISDIR'])

/** New names in a folder are on disk when it returns. */
export function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
