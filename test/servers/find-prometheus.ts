import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './find-mongod.ts'

const run = promisify(execFile)

/** A folder with `promtool` and `prometheus`; or `none`, to do without. */
export const VARIABLE = 'DEMETRA_TEST_PROMETHEUS'
const TIMEOUT_MS = 100_000

export interface PrometheusPrograms {
  promtool: string
  prometheus: string
}

/** The ones asked for, the ones on the path, or those of the Debian package, which is unpacked and kept. */
export async function findPrometheus(): Promise<PrometheusPrograms | null> {
  const given = process.env[VARIABLE]
  if (given === 'none') return null
  if (given) {
    const found = inFolder(given)
    // another one instead would hide the mistake
    if (!(await runs(found))) throw new Error(`${VARIABLE}=${given} has no promtool and prometheus that run`)
    return found
  }
  const own = { promtool: 'promtool', prometheus: 'prometheus' }
  if (await runs(own)) return own
  const cached = join(cacheFolder(), 'prometheus-debian')
  if (!existsSync(cached)) await unpackPackage(cached)
  const found = inFolder(join(cached, 'usr', 'bin'))
  return (await runs(found)) ? found : null
}

const inFolder = (folder: string): PrometheusPrograms => ({
  promtool: join(folder, 'promtool'),
  prometheus: join(folder, 'prometheus'),
})

async function runs({ promtool, prometheus }: PrometheusPrograms): Promise<boolean> {
  try {
    for (const program of [promtool, prometheus]) await run(program, ['--version'], { timeout: TIMEOUT_MS })
    return true
  } catch {
    return false
  }
}

/** Nothing is installed, so that it needs no rights. */
async function unpackPackage(target: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  // beside the target, so that the last step is a rename: other test processes may be doing the same
  const folder = await mkdtemp(join(cacheFolder(), 'download-'))
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: folder, timeout: TIMEOUT_MS })
    const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.deb'))
    const unpacked = join(folder, 'unpacked')
    await run('dpkg-deb', ['-x', join(folder, archive), unpacked], { timeout: TIMEOUT_MS })
    await rename(unpacked, target)
  } catch {
    // the caller sees that it is not there
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
