import { statSync } from 'node:fs'
import { join } from 'node:path'
import { listSegments } from '../spool/segment-names.ts'
import type { SpooledEvent, Stretch } from '../spool/record.ts'
import { Segment } from './segment.ts'

/** Events of one aggregate that are kept in memory; the others are read again when their turn comes. */
const MOST_OF_ONE = 64
const MOST_BYTES = 64 * 1024 * 1024

export interface Entry {
  segment: Segment
  from: number
  to: number
  event: SpooledEvent
  queue: Queue
}

/** The events of one aggregate, in order. */
export interface Queue {
  aggregate: string
  entries: Entry[]
  /** Where those behind `entries` begin. */
  more: { segment: Segment; from: number } | null
  isOnItsWay: boolean
  /** How often its first event has failed, when others did not. */
  failures: number
  /** Milliseconds since 1970: not tried before. */
  notBefore: number
  /** A request that failed as a whole held it: it is sent alone. */
  isSuspect: boolean
}

export type Damage = Stretch & { kind: 'damaged'; segment: Segment }

/**
 * What is to be delivered, read from the spool as far as it is needed: in bounded memory, however long the spool, and
 * however many of its events wait.
 */
export class Backlog {
  /** Whose first event can be sent; the next first. */
  readonly ready = new Set<Queue>()
  /** Who waits for its next try. */
  readonly waiting = new Set<Queue>()
  readonly #folder: string
  readonly #queues = new Map<string, Queue>()
  readonly #segments = new Map<string, Segment>()
  /** Up to where the spool was read. */
  readonly #readTo = new Map<Segment, number>()
  /** By segment, where it ended at the start; null: what comes in later counts too. */
  readonly #ends: ReadonlyMap<string, number> | null
  readonly #mostBytes: number
  #bytes = 0

  /** `follow`: also of what comes in later; else a producer that is faster would keep a run from ever ending. */
  constructor(folder: string, follow: boolean, mostBytes = MOST_BYTES) {
    this.#folder = folder
    this.#mostBytes = mostBytes
    this.#ends = follow ? null : segmentEnds(folder)
  }

  /** Nothing is left of what was read. */
  get isEmpty(): boolean {
    return this.#queues.size === 0
  }

  /** Reads on until so many aggregates are ready, or nothing is left, or memory is. Gives back what is damaged. */
  readOn(wanted: number): Damage[] {
    const damages: Damage[] = []
    const names = listSegments(this.#folder)
    const there = new Set(names)
    for (const [name, segment] of this.#segments) if (!there.has(name)) this.#forget(segment)
    for (const name of names) {
      const segment = this.#segment(name)
      const end = this.#ends === null ? Infinity : (this.#ends.get(name) ?? 0)
      while (this.ready.size < wanted && this.#bytes < this.#mostBytes) {
        const from = this.#readTo.get(segment) ?? 0
        const found = from < end ? segment.read(from) : null
        if (found === null) break
        this.#readTo.set(segment, Math.min(found.to, end))
        for (const stretch of found.stretches) {
          if (stretch.from >= end) break
          if (stretch.kind === 'event') this.#add(segment, stretch)
          else damages.push({ ...stretch, segment })
        }
      }
      // the order of an aggregate's events is that of the segments
      if (this.ready.size >= wanted || this.#bytes >= this.#mostBytes) break
    }
    return damages
  }

  get segments(): Segment[] {
    return [...this.#segments.values()]
  }

  /** Whose time has come is ready again. */
  wake(nowMs: number): void {
    for (const queue of this.waiting) {
      if (queue.notBefore > nowMs) continue
      this.waiting.delete(queue)
      this.ready.add(queue)
    }
  }

  /** Its first event is on its way. */
  sent(queue: Queue): void {
    queue.isOnItsWay = true
    this.ready.delete(queue)
  }

  /** Its first event is to be sent again, not before its time. */
  again(queue: Queue): void {
    queue.isOnItsWay = false
    if (queue.notBefore > 0) this.waiting.add(queue)
    else this.ready.add(queue)
  }

  /** Its first event is through; the next one's turn. */
  through(queue: Queue): void {
    const [entry] = queue.entries.splice(0, 1)
    if (entry !== undefined) this.#bytes -= entry.event.text.length
    queue.isOnItsWay = false
    queue.isSuspect = false
    queue.failures = 0
    queue.notBefore = 0
    if (queue.entries.length === 0 && queue.more !== null) this.#readMore(queue)
    if (queue.entries.length > 0) this.ready.add(queue)
    else this.#queues.delete(queue.aggregate)
  }

  #add(segment: Segment, { from, to, event }: Stretch & { kind: 'event' }): void {
    const { aggregate } = event
    const queue = this.#queues.get(aggregate) ?? newQueue(aggregate)
    if (queue.more !== null) return
    const isFull = queue.entries.length >= MOST_OF_ONE || this.#bytes >= this.#mostBytes
    if (isFull && queue.entries.length > 0) {
      queue.more = { segment, from }
      return
    }
    queue.entries.push({ segment, from, to, event, queue })
    this.#bytes += event.text.length
    if (queue.entries.length > 1) return
    this.#queues.set(aggregate, queue)
    this.ready.add(queue)
  }

  /** From where it was left to where all others were read. */
  #readMore(queue: Queue): void {
    const { segment: first, from: firstFrom } = queue.more as { segment: Segment; from: number }
    queue.more = null
    for (const segment of this.segments) {
      if (segment.name < first.name) continue
      const end = this.#readTo.get(segment) ?? 0
      for (let from = segment === first ? firstFrom : 0; from < end;) {
        const found = segment.read(from)
        if (found === null) break
        from = found.to
        for (const stretch of found.stretches) {
          if (stretch.from >= end || stretch.kind !== 'event' || stretch.event.aggregate !== queue.aggregate)
            continue
          this.#add(segment, stretch)
          if (queue.more !== null) return
        }
      }
    }
  }

  #segment(name: string): Segment {
    let segment = this.#segments.get(name)
    if (segment === undefined) {
      segment = new Segment(this.#folder, name)
      this.#segments.set(name, segment)
    }
    return segment
  }

  #forget(segment: Segment): void {
    this.#segments.delete(segment.name)
    this.#readTo.delete(segment)
  }
}

function segmentEnds(folder: string): Map<string, number> {
  return new Map(
    listSegments(folder).map((name) => [
      name,
      statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
    ]),
  )
}

function newQueue(aggregate: string): Queue {
  const timing = { isOnItsWay: false, failures: 0, notBefore: 0, isSuspect: false }
  return { aggregate, entries: [], more: null, ...timing }
}
