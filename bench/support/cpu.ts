import { readFileSync } from 'node:fs'

/** What /proc counts in: 100 to a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Fields of /proc/PID/stat from the third on; null on a system without it. */
function stat(pid: number | 'self'): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function sum(fields: string[] | null, user: number, system: number): number {
  return fields === null ? NaN : (Number(fields[user]) + Number(fields[system])) / TICKS_PER_SECOND
}

/** CPU seconds that a process has used so far; NaN where the system does not tell. */
export const cpuSeconds = (pid: number): number => sum(stat(pid), 11, 12)

/** CPU seconds of all ended children of this process; NaN where the system does not tell. */
export const endedChildrenCpuSeconds = (): number => sum(stat('self'), 13, 14)
