import { join } from 'node:path'
import { runChild } from '../run-child.ts'

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
export async function runReport(task: ChildTask, killAfterMs: number | null = null): Promise<ChildEnd> {
  const end = (await runChild(CHILD, task, (child) => {
    if (killAfterMs !== null) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })) as Omit<ChildEnd, 'isKilled'> | null
  return end === null ? { isKilled: true, statements: 0, ms: 0 } : { isKilled: false, ...end }
}
