import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpackedPackage } from './debian-package.ts'
import { suiteWithServer } from './describe-with-server.ts'

const run = promisify(execFile)

export interface SystemdAnalyze {
  program: string
  env: NodeJS.ProcessEnv
}

/** The system's, or that of Debian's packages; it needs no systemd that runs. */
async function findSystemdAnalyze(): Promise<SystemdAnalyze | null> {
  const own = { program: 'systemd-analyze', env: process.env }
  if (await runs(own)) return own
  const [programs, libraries] = [await unpackedPackage('systemd'), await unpackedPackage('libsystemd-shared')]
  const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((name) =>
    join(libraries, 'usr', 'lib', name, 'systemd'),
  )
  const unpacked = {
    program: join(programs, 'usr', 'bin', 'systemd-analyze'),
    env: { ...process.env, LD_LIBRARY_PATH: folders.join(':') },
  }
  return (await runs(unpacked)) ? unpacked : null
}

async function runs({ program, env }: SystemdAnalyze): Promise<boolean> {
  try {
    return /^systemd \d/u.test((await run(program, ['--version'], { env, timeout: 30_000 })).stdout)
  } catch {
    return false
  }
}

/** Looked for once in each process. */
export const systemdAnalyze = await findSystemdAnalyze()

/** A suite that asks systemd itself. */
export const describeWithSystemd = suiteWithServer(systemdAnalyze === null, {
  tests: 'systemd tests',
  server: 'a systemd-analyze',
  missing: `there is none on the path, and Debian's packages could not be had by apt-get`,
})
