import { execFileSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../cli/demetra.ts'

const MOUNT = 'mount'
const UNMOUNT = 'umount'
let warned = false

/** A disk of its own, in memory, that can be filled; needs root on Linux. */
export class SmallDisk implements Disposable {
  readonly path: string

  constructor(folder: string, size: string) {
    this.path = join(folder, 'disk')
    mkdirSync(this.path, { recursive: true })
    execFileSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path], { stdio: 'ignore' })
  }

  resize(size: string): void {
    execFileSync(MOUNT, ['-o', `remount,size=${size}`, this.path])
  }

  /** So small that only this much is free; whole kilobytes. */
  leave(freeKilobytes: number): void {
    const { bsize, blocks, bfree } = statfsSync(this.path)
    this.resize(`${Math.ceil(((blocks - bfree) * bsize) / 1024) + freeKilobytes}k`)
  }

  /** Also while somebody holds a file open on it. */
  [Symbol.dispose](): void {
    execFileSync(UNMOUNT, ['--lazy', this.path])
  }
}

/** Says so where not. */
export function canMount(): boolean {
  using folder = temporaryFolder()
  try {
    using disk = new SmallDisk(folder.path, '1m')
    return disk.path !== ''
  } catch {
    if (!warned)
      process.stderr.write('\nTests of a full disk are skipped: they mount one, which needs Linux and root\n')
    warned = true
    return false
  }
}
