import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { absentIsNull } from './absent.ts'

/** What a killed run has left behind is of no use to anybody after a day. */
const LEFT_OVER_MS = 24 * 3600 * 1000
const UNFINISHED = /^\..*\.unfinished$/u
/** Some file systems cannot sync a folder; one above the archive may not be ours to open. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EACCES'])

/**
 * Writes a file whole or not at all, and never over another: beside its place, synced, linked to its name. False:
 * there is a file of that name. Null: the content does not match its SHA-256.
 */
export async function writeOnce(
  path: string,
  body: readonly Uint8Array[],
  sha256: Uint8Array,
): Promise<boolean | null> {
  const unfinished = join(dirname(path), `.${basename(path)}.${randomUUID()}.unfinished`)
  try {
    const hash = createHash('sha256')
    const file = await open(unfinished, 'wx', 0o666)
    try {
      for (const piece of body) {
        hash.update(piece)
        await file.writeFile(piece)
      }
      if (!hash.digest().equals(sha256)) return null
      await file.sync()
    } finally {
      await file.close()
    }
    return await linkTo(path, unfinished)
  } finally {
    await absentIsNull(unlink(unfinished))
  }
}

/** Unlike a rename, a link never takes the place of a file. */
async function linkTo(path: string, unfinished: string): Promise<boolean> {
  try {
    await link(unfinished, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A folder and those above it, so that they outlast the loss of power; unfinished files of long ago go. */
export async function prepareFolder(folder: string, root: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true })
  const upTo = dirname(firstMade !== undefined && root.startsWith(firstMade) ? firstMade : root)
  for (let above = folder; above !== upTo;) {
    above = dirname(above)
    await syncFolder(above)
  }
  await removeLeftOvers(folder)
}

/** New names in a folder are on disk when it returns. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder)
    await handle.sync()
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle?.close()
  }
}

async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNFINISHED.test(name)) continue
    const path = join(folder, name)
    // another run may be doing the same
    const found = await absentIsNull(stat(path))
    if (found !== null && Date.now() - found.mtimeMs > LEFT_OVER_MS) await absentIsNull(unlink(path))
  }
}
