import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

export interface ArchiveTask {
  what: 'archive' | 'restore'
  store: string
  archive: string
  targetTextBytes: number
  signal: 'SIGKILL' | 'SIGSTOP'
  /** The number of a call; 0: never. */
  haltAt: number
  side: 'before' | 'on-its-way' | 'after'
}

export interface ArchiveEnd {
  isKilled: boolean
  /** Of one that was not killed. */
  calls: number
  /** The code of the error that it ended with. */
  error: string | null
}

const CHILD = join(import.meta.dirname, 'child.ts')

/** `onReady`: once the stores are open. */
export function runArchive(
  task: ArchiveTask,
  onReady: (child: ChildProcess) => void = () => {},
): Promise<ArchiveEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, errors] = ['', '']
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (output === '') onReady(child)
      output += piece
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve({ isKilled: true, calls: 0, error: null })
      else if (code !== 0) reject(new Error(`the run ended with ${code}: ${errors}`))
      else {
        const end = JSON.parse(output.slice('ready\n'.length)) as Omit<ArchiveEnd, 'isKilled'>
        resolve({ isKilled: false, ...end })
      }
    })
  })
}
