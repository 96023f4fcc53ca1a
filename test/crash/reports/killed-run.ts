import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface ChildTask {
  what: 'projection' | 'replay'
  /** Of the eight, which one. */
  report: string
  /** The report's name in the store. */
  name: string
  events: string
  reports: string
  batchEvents: number
  /** The number of a statement; 0: never. */
  killAt: number
  side: 'before' | 'on-its-way'
  /** By the store that commits the checkpoint before the rows. */
  isTorn: boolean
}

export interface ChildEnd {
  isKilled: boolean
  /** Of one that was not killed. */
  statements: number
  ms: number
}

const CHILD = join(import.meta.dirname, 'child.ts')

/** `killAfterMs`: after it said that it is ready, from outside. */
export function runChild(task: ChildTask, killAfterMs: number | null = null): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, errors] = ['', '']
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (output === '' && killAfterMs !== null) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
      output += piece
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve({ isKilled: true, statements: 0, ms: 0 })
      else if (code !== 0) reject(new Error(`the run ended with ${code}: ${errors}`))
      else {
        const end = JSON.parse(output.slice('ready\n'.length)) as Omit<ChildEnd, 'isKilled'>
        resolve({ isKilled: false, ...end })
      }
    })
  })
}
