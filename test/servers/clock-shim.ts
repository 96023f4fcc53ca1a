import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './find-mongod.ts'

const run = promisify(execFile)
const SOURCE = join(import.meta.dirname, 'shifted-clock.c')

/** The compiled shifted-clock.c; null where there is no C compiler, or no such way to load it. */
export async function clockShim(): Promise<string | null> {
  if (process.platform !== 'linux') return null
  const hash = createHash('sha256')
    .update(await readFile(SOURCE))
    .digest('hex')
  const shim = join(cacheFolder(), `shifted-clock-${process.arch}-${hash.slice(0, 16)}.so`)
  if (existsSync(shim)) return shim
  await mkdir(cacheFolder(), { recursive: true })
  // renamed when it is whole: other test processes may be doing the same
  const fresh = `${shim}.${randomUUID()}`
  try {
    await run('cc', ['-shared', '-fPIC', '-O2', '-o', fresh, SOURCE, '-ldl', '-lpthread'])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  await rename(fresh, shim)
  return shim
}

/** What a shim reads its offset from. */
export class ClockFile {
  readonly path: string
  #counts = 0

  private constructor(path: string) {
    this.path = path
  }

  static async create(path: string): Promise<ClockFile> {
    await writeFile(path, new BigInt64Array(3))
    return new ClockFile(path)
  }

  /** Writes the number that does not count, then says that it does. */
  async set(offsetMs: number): Promise<void> {
    const next = 1 - this.#counts
    const file = await open(this.path, 'r+')
    try {
      await file.write(new BigInt64Array([BigInt(Math.round(offsetMs))]), 0, 8, 8 * (1 + next))
      await file.write(new Uint8Array([next]), 0, 1, 0)
    } finally {
      await file.close()
    }
    this.#counts = next
  }
}
