import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
import { unpackedPackage } from './debian-package.ts'

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
  const asked = await askedFor(VARIABLE, 'has no promtool and prometheus that run', (folder) =>
    runs(inFolder(folder)),
  )
  if (asked !== undefined) return asked === null ? null : inFolder(asked)
  const own = { promtool: 'promtool', prometheus: 'prometheus' }
  if (await runs(own)) return own
  const found = inFolder(join(await unpackedPackage('prometheus'), 'usr', 'bin'))
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
