import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Done } from './done.ts'
import { readLines } from './read-lines.ts'
import { readStretches } from './record.ts'
import { doneName, listSegments } from './segment-names.ts'
import type { Place } from './spool-writer.ts'

/** More than this is read beside the work, and until then everything counts as held. */
const AT_ONCE_BYTES = 256 * 1024
const MOST_AGGREGATES = 100_000

/** A segment as far as this process knows it. */
interface Known {
  path: string
  readTo: number
  /** There was a newer segment when it was read to its end: it does not grow any more. */
  isRead: boolean
  done: Done
}

/**
 * Which aggregates have events in a spool that are not delivered, by whatever process: their next ones go there too, so
 * that none overtakes another. Where it does not know, for now or for want of memory, it says that one is held: that is
 * slower, and right.
 */
export class HeldAggregates {
  readonly #folder: string
  readonly #segments = new Map<string, Known>()
  /** Where the last event of an aggregate stands; events of one are delivered in order, so it tells for all. */
  readonly #last = new Map<string, { segment: string; from: number }>()
  /** Segments of whose aggregates it has forgotten some. */
  readonly #forgotten = new Set<string>()
  readonly #mostAggregates: number
  #catchingUp: Promise<unknown> | null = null

  constructor(folder: string, mostAggregates = MOST_AGGREGATES) {
    this.#folder = folder
    this.#mostAggregates = mostAggregates
  }

  /** Looks at the folder every time: another process may have written to it a moment ago. */
  has(aggregate: string): boolean {
    const names = listSegments(this.#folder)
    this.#forgetAllBut(names)
    if (names.length === 0) return false
    if (!this.#isUpToDate(names)) return true
    const last = this.#last.get(aggregate)
    if (last === undefined) return this.#forgotten.size > 0
    if (!this.#isDone(last)) return true
    this.#last.delete(aggregate)
    return false
  }

  /** An event that this process has spooled. */
  note(aggregate: string, { segment, from, to }: Place): void {
    const known = this.#known(segment)
    // what others have written before it is still to be read
    if (known.readTo === from) known.readTo = to
    this.#remember(aggregate, segment, from)
  }

  #forgetAllBut(names: readonly string[]): void {
    if (names.length === 0 && this.#segments.size > 0) this.#last.clear()
    const there = new Set(names)
    for (const name of this.#segments.keys()) if (!there.has(name)) this.#segments.delete(name)
    for (const name of this.#forgotten) if (!there.has(name)) this.#forgotten.delete(name)
  }

  #isUpToDate(names: readonly string[]): boolean {
    if (this.#catchingUp !== null) return false
    const unread = names.filter((name) => !this.#known(name).isRead)
    const bytes = unread.reduce((sum, name) => sum + this.#unreadBytes(name), 0)
    if (bytes > AT_ONCE_BYTES) {
      // what cannot be read is tried again by the next one who asks
      const atEnd = () => (this.#catchingUp = null)
      this.#catchingUp = this.#catchUp(names).then(atEnd, atEnd)
      return false
    }
    for (const name of unread) {
      while (this.#readOn(name));
      this.#known(name).isRead = name !== names.at(-1)
    }
    return true
  }

  #unreadBytes(name: string): number {
    const { path, readTo } = this.#known(name)
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) - readTo
  }

  async #catchUp(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#known(name).isRead) continue
      while (this.#readOn(name)) await setImmediate()
      this.#known(name).isRead = name !== names.at(-1)
    }
  }

  /** False where there is no more. */
  #readOn(name: string): boolean {
    const known = this.#known(name)
    const bytes = readLines(known.path, known.readTo)
    for (const stretch of readStretches(bytes, known.readTo)) {
      if (stretch.kind === 'event') this.#remember(stretch.event.aggregate, name, stretch.from)
    }
    known.readTo += bytes.length
    return bytes.length > 0
  }

  #remember(aggregate: string, segment: string, from: number): void {
    const before = this.#last.get(aggregate)
    if (before?.segment === segment && before.from > from) return
    // a segment that is gone may have a higher number: the clock went back
    if (before !== undefined && before.segment > segment && existsSync(join(this.#folder, before.segment)))
      return
    this.#last.set(aggregate, { segment, from })
    if (this.#last.size <= this.#mostAggregates) return
    for (const [name, last] of this.#last) if (this.#isDone(last)) this.#last.delete(name)
    if (this.#last.size <= this.#mostAggregates / 2) return
    this.#last.clear()
    for (const name of this.#segments.keys()) this.#forgotten.add(name)
  }

  #isDone({ segment, from }: { segment: string; from: number }): boolean {
    const known = this.#segments.get(segment)
    if (known === undefined) return true
    if (known.done.has(from)) return true
    known.done.refresh()
    return known.done.has(from)
  }

  #known(name: string): Known {
    let known = this.#segments.get(name)
    if (known === undefined) {
      known = {
        path: join(this.#folder, name),
        readTo: 0,
        isRead: false,
        done: new Done(join(this.#folder, doneName(name))),
      }
      this.#segments.set(name, known)
    }
    return known
  }
}
