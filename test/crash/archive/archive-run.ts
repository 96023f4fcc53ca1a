import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { runChild } from '../run-child.ts'

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
export async function runArchive(
  task: ArchiveTask,
  onReady?: (child: ChildProcess) => void,
): Promise<ArchiveEnd> {
  const end = (await runChild(CHILD, task, onReady)) as Omit<ArchiveEnd, 'isKilled'> | null
  return end === null ? { isKilled: true, calls: 0, error: null } : { isKilled: false, ...end }
}
