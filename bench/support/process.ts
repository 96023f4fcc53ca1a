import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')
export const demetra = [process.execPath, join(root, 'bin', 'run.js')]

export interface Run {
  seconds: number
  /** Peak memory of a Node process; null for others. */
  peakBytes: number | null
  /** Of it, at the fullest of four looks a second: V8's heap of the main thread, and its buffers outside of that. */
  heapBytes: number
  buffersBytes: number
  stdout: string
}

type Peak = [peakBytes: number, heapBytes: number, buffersBytes: number]
const PEAK = join(import.meta.dirname, 'peak-memory.js')

/** Runs a command to its end as a process of its own; throws where it exits with another code than 0 or 3. */
export function run(
  command: readonly string[],
  options: { cwd: string; input?: string; peak?: boolean },
): Run {
  const [program, ...args] = command
  const peakFile = join(options.cwd, 'peak-memory')
  const env =
    options.peak === true
      ? { ...process.env, DEMETRA_BENCH_PEAK: peakFile, NODE_OPTIONS: `--import=${PEAK}` }
      : process.env
  const startedAt = performance.now()
  const done = spawnSync(program as string, args, { ...options, env, encoding: 'utf8', maxBuffer: 1 << 28 })
  const seconds = (performance.now() - startedAt) / 1000
  if (done.status !== 0 && done.status !== 3) {
    throw new Error(`${command.join(' ')} ended with ${done.status}: ${done.stderr}${done.stdout}`)
  }
  let peakBytes: number | null = null
  let [heapBytes, buffersBytes] = [0, 0]
  try {
    ;[peakBytes, heapBytes, buffersBytes] = readFileSync(peakFile, 'utf8').split(' ').map(Number) as Peak
    rmSync(peakFile)
  } catch {
    // not a Node process
  }
  return { seconds, peakBytes, heapBytes, buffersBytes, stdout: done.stdout }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export function line(name: string, values: readonly number[], unit: string, digits = 0): string {
  const texts = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  )
  return `${name.padEnd(58)} ${texts.map((text) => text.padStart(10)).join('')}  ${unit}`
}
