import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './find-mongod.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 100_000

/**
 * The folder in which a Debian package is unpacked and kept; nothing is installed, so that it needs no rights.
 * It is not there where the package cannot be had.
 */
export async function unpackedPackage(name: string): Promise<string> {
  const target = join(cacheFolder(), `${name}-debian`)
  if (existsSync(target)) return target
  await mkdir(cacheFolder(), { recursive: true })
  // beside the target, so that the last step is a rename: other test processes may be doing the same
  const folder = await mkdtemp(join(cacheFolder(), 'download-'))
  try {
    await run('apt-get', ['download', name], { cwd: folder, timeout: TIMEOUT_MS })
    const [archive = ''] = (await readdir(folder)).filter((file) => file.endsWith('.deb'))
    const unpacked = join(folder, 'unpacked')
    await run('dpkg-deb', ['-x', join(folder, archive), unpacked], { timeout: TIMEOUT_MS })
    await rename(unpacked, target)
  } catch {
    // the caller sees that it is not there
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return target
}
