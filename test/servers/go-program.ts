import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { askedFor } from './asked-for.ts'
import { cacheFolder } from './find-mongod.ts'
import { until } from './poll.ts'

const run = promisify(execFile)

/** A machine that has built nothing yet takes minutes. */
const BUILD_MS = 900_000

/** A server that is written in Go, and can be built where it is not installed. */
export interface GoProgram {
  name: string
  /** Of the command, as `go install` takes it. */
  module: string
  version: string
  /** Names a path to it; or `none`, to do without. */
  variable: string
  /** What `--version` prints. */
  answers: RegExp
}

/** A program that runs: the one asked for, the one on the path, or one that is built, once for each machine. */
export async function findGoProgram(program: GoProgram): Promise<string | null> {
  const asked = await askedFor(program.variable, `is not a ${program.name} that runs here`, (path) =>
    runs(path, program),
  )
  if (asked !== undefined) return asked
  if (await runs(program.name, program)) return program.name
  const cached = join(cacheFolder(), `${program.name}-${program.version}`, program.name)
  if (!existsSync(cached)) await onlyOnce(cached, () => build(program, cached))
  return (await runs(cached, program)) ? cached : null
}

async function runs(path: string, { answers }: GoProgram): Promise<boolean> {
  try {
    return answers.test((await run(path, ['--version'], { timeout: 30_000 })).stdout)
  } catch {
    return false
  }
}

async function build({ name, module, version }: GoProgram, target: string): Promise<void> {
  // beside the target, so that the last step is a rename
  const folder = await mkdtemp(join(dirname(target), 'build-'))
  try {
    process.stderr.write(`\nBuilding ${name} ${version} for the tests, once; it takes a minute or more\n`)
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '', GOWORK: 'off' }
    // other tests run beside it
    const command = ['-n', '19', 'go', 'install', `${module}@${version}`]
    await run('nice', command, { env, cwd: folder, timeout: BUILD_MS })
    await rename(join(folder, name), target)
  } catch (error) {
    // 127: what `nice` exits with where there is no such command
    const isMissing = ['ENOENT', 127].includes((error as { code?: string | number }).code ?? '')
    process.stderr.write(`${isMissing ? 'There is no Go here' : (error as Error).message}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Other test processes wait for the first that wants it: a build takes all there is of the machine. */
async function onlyOnce(target: string, work: () => Promise<void>): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const lock = `${target}.building`
  const outcome = await until(
    'another process builds it',
    async () => {
      if (existsSync(target)) return 'built'
      return (await take(lock)) ? 'mine' : undefined
    },
    BUILD_MS,
  )
  if (outcome === 'built') return
  try {
    if (!existsSync(target)) await work()
  } finally {
    await rm(lock, { force: true })
  }
}

/** A lock of a process that is gone is nobody's. */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
    if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true })
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
