import { closeSync, fdatasyncSync, openSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { cutTornTail } from '../spool/append-whole.ts'
import { Done } from '../spool/done.ts'
import { readLines } from '../spool/read-lines.ts'
import { readStretches, type Stretch } from '../spool/record.ts'
import { doneName } from '../spool/segment-names.ts'

/** A segment as who delivers sees it. */
export class Segment {
  readonly name: string
  readonly done: Done
  readonly #path: string
  readonly #donePath: string
  #syncedTo = 0

  constructor(folder: string, name: string) {
    this.name = name
    this.#path = join(folder, name)
    this.#donePath = join(folder, doneName(name))
    this.done = new Done(this.#donePath)
    this.done.refresh()
  }

  /** What is not done of the next lines from `from` on, and where they end; null where there are no more. */
  read(from: number): { stretches: Stretch[]; to: number } | null {
    const start = this.done.endOf(from)
    const bytes = readLines(this.#path, start)
    const to = start + bytes.length
    if (to === from) return null
    this.#sync(to)
    const stretches = [...readStretches(bytes, start)].filter((stretch) => !this.done.has(stretch.from))
    return { stretches, to }
  }

  /** Without the lock: whether it is worth a look. */
  mayBeDone(): boolean {
    return this.done.endOf(0) >= (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0)
  }

  /** Removes it where all of it is done. Under the lock of the spool: nobody writes to it. */
  removeIfDone(): boolean {
    const fd = openSync(this.#path, 'r+')
    try {
      const sizeBytes = cutTornTail(fd)
      if (this.done.endOf(0) < sizeBytes) return false
    } finally {
      closeSync(fd)
    }
    // in this order: of what is not known to be done, a duplicate is sent
    rmSync(this.#donePath, { force: true })
    unlinkSync(this.#path)
    return true
  }

  /** What a crash of the machine could still take back is never said to be done: its place would be used again. */
  #sync(to: number): void {
    if (to <= this.#syncedTo) return
    const fd = openSync(this.#path, 'r')
    try {
      fdatasyncSync(fd)
    } finally {
      closeSync(fd)
    }
    this.#syncedTo = to
  }
}
