import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'

/** Made when it is first wanted: loading the cryptography takes longer than many a run. */
let run: string | undefined

/** Who holds a lease, for people and for `isGone`: `host, process 4711, run 1a2b3c4d`. */
export function leaseOwner(): string {
  run ??= randomUUID().slice(0, 8)
  return `${hostname()}, process ${process.pid}, run ${run}`
}

const OWNER = /^(.*), process (\d+), run ([0-9a-f]+)$/

/** Whether the owner of a lease ran on this machine and runs no more: then nobody has to wait for its lease. */
export function isGone(owner: string): boolean {
  const [, host, pid] = OWNER.exec(owner) ?? []
  if (host !== hostname() || pid === undefined) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
