import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { absentIsNull } from './absent.ts'

/** The files under a folder by key, in the order of S3; hidden ones left out. A folder that is not there has none. */
export async function* listFiles(
  root: string,
  prefix: string,
): AsyncGenerator<{ key: string; sizeBytes: number }, void, undefined> {
  for (const { name, sizeBytes } of await entriesOf(join(root, prefix))) {
    if (sizeBytes === null) yield* listFiles(root, prefix + name)
    else yield { key: prefix + name, sizeBytes }
  }
}

/** A folder's name ends in a slash, by which it is sorted, and it has no size. */
async function entriesOf(folder: string): Promise<{ name: string; sizeBytes: number | null }[]> {
  const entries = []
  for (const name of (await absentIsNull(readdir(folder))) ?? []) {
    if (name.startsWith('.')) continue
    const found = await absentIsNull(stat(join(folder, name)))
    if (found?.isDirectory() === true) entries.push({ name: `${name}/`, sizeBytes: null })
    else if (found !== null) entries.push({ name, sizeBytes: found.size })
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
