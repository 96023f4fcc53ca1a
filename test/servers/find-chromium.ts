import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'

const run = promisify(execFile)

/** A path to a Chromium or Chrome; or `none`, to do without one. */
export const VARIABLE = 'DEMETRA_TEST_CHROMIUM'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const INSTALL_MS = 300_000

/** A browser that runs: the one asked for, one on the path, or Debian's, which is installed where that may be done. */
export async function findChromium(): Promise<string | null> {
  const asked = await askedFor(VARIABLE, 'is not a Chromium that runs here', runs)
  if (asked !== undefined) return asked
  return (await onPath()) ?? ((await install()) ? onPath() : null)
}

async function onPath(): Promise<string | null> {
  for (const name of NAMES) {
    const path = await run('sh', ['-c', `command -v ${name}`]).catch(() => null)
    const found = path?.stdout.trim()
    if (found && (await runs(found))) return found
  }
  return null
}

async function runs(path: string): Promise<boolean> {
  try {
    return /chrom/iu.test((await run(path, ['--version'], { timeout: 30_000 })).stdout)
  } catch {
    return false
  }
}

/** Other test processes may be at it: apt waits for its own lock. */
async function install(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  try {
    process.stderr.write('\nInstalling chromium for the tests, once; it takes a minute\n')
    const apt = (...args: string[]) =>
      run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=240', ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        timeout: INSTALL_MS,
      })
    await apt('update').catch(() => undefined)
    await apt('install', '-y', '--no-install-recommends', 'chromium')
    return true
  } catch (error) {
    process.stderr.write(`${(error as Error).message.slice(0, 500)}\n`)
    return false
  }
}
