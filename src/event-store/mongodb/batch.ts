import type { NewEvent } from '../../event/event.ts'
import type { EventCollection } from '../event-store.ts'
import { APPEND, ID, POSITION } from './document-layout.ts'
import { EventDocuments } from './event-document.ts'
import { laneOf } from './lanes.ts'
import type { Kinds } from './pending-call.ts'
import { positionOf } from './position.ts'

const ID_AT = 4 + ID.length
const POSITION_AT = ID_AT + 16 + POSITION.length
const DAY_MS = 86_400_000
const NO_BYTES = Buffer.alloc(0)

/** Those that no batch writes into now; each keeps the room that its last batch needed. */
const idle: EventDocuments[] = []
const MOST_IDLE = 6

/**
 * Events as documents ready to be sent, and what is looked at again of each. An event that is added is written as
 * bytes at once and may be let go: objects that wait for a server cost more than their bytes.
 */
export class Batch implements EventCollection {
  /** An event whose position the server is to give. */
  hasOpenPositions = false
  /** Types and days, each pair once. */
  readonly pairs: { type: string; createdAt: number }[] = []
  #documents: EventDocuments | null = idle.pop() ?? new EventDocuments()
  #bytes: Buffer = NO_BYTES
  /** Where each document starts; one more at the end. */
  readonly #starts: number[] = [0]
  readonly #appendAt: number[] = []
  readonly #lanes: number[] = []
  readonly #pairs: number[] = []
  readonly #pairPlaces = new Map<string, Map<number, number>>()

  get length(): number {
    return this.#appendAt.length
  }

  /** Throws EventError `event-too-large`. */
  add(event: NewEvent): void {
    const documents = this.#documents as EventDocuments
    documents.add(event, 0n)
    this.#starts.push(documents.sizeBytes)
    this.#appendAt.push(documents.appendAt)
    this.#lanes.push(laneOf(event.aggregateId))
    this.#pairs.push(this.#pairOf(event))
    this.hasOpenPositions ||= event.position === null
  }

  /** All are added. */
  seal(): void {
    if (this.#documents === null) return
    this.#bytes = this.#documents.take()
    if (idle.length < MOST_IDLE) idle.push(this.#documents)
    this.#documents = null
  }

  /** They go under this number, which stands in each document. */
  setAppend(append: bigint): void {
    for (const at of this.#appendAt) this.#bytes.writeBigInt64LE(append, at)
  }

  id(index: number): Uint8Array {
    return this.#part((this.#starts[index] as number) + ID_AT)
  }
  digest(index: number): Uint8Array {
    return this.#part((this.#appendAt[index] as number) - APPEND.length - 16)
  }
  /** 0n where the server gives it. */
  position(index: number): bigint {
    const at = (this.#starts[index] as number) + POSITION_AT
    return positionOf(this.#bytes.readUInt32LE(at + 4), this.#bytes.readUInt32LE(at))
  }
  lane(index: number): number {
    return this.#lanes[index] as number
  }
  /** A place in `pairs`. */
  pair(index: number): number {
    return this.#pairs[index] as number
  }
  sizeBytes(index: number): number {
    return (this.#starts[index + 1] as number) - (this.#starts[index] as number)
  }

  /** All ids, 16 bytes each. */
  ids(): Uint8Array {
    const ids = new Uint8Array(this.length * 16)
    for (let i = 0; i < this.length; i += 1) ids.set(this.id(i), i * 16)
    return ids
  }

  /** For the count of what is stored by a call that does not come to its end. */
  kinds(): Kinds {
    const kinds = this.pairs.map(({ type, createdAt }) => ({ type, day: Math.floor(createdAt / DAY_MS) }))
    return { kinds, kindOf: Uint32Array.from(this.#pairs) }
  }

  /** The documents at these indexes, one after the other; not copied where they stand together. */
  documents(indexes: readonly number[]): Buffer {
    const [first = 0] = indexes
    const last = indexes.at(-1) ?? first
    if (last - first === indexes.length - 1) return this.#between(first, last + 1)
    let sizeBytes = 0
    for (const index of indexes) sizeBytes += this.sizeBytes(index)
    const documents = Buffer.allocUnsafeSlow(sizeBytes)
    let at = 0
    for (const index of indexes)
      at += this.#bytes.copy(documents, at, this.#starts[index], this.#starts[index + 1])
    return documents
  }

  #between(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#starts[from], this.#starts[to])
  }
  #part(at: number): Uint8Array {
    return this.#bytes.subarray(at, at + 16)
  }

  #pairOf({ type, createdAt }: NewEvent): number {
    let days = this.#pairPlaces.get(type)
    if (days === undefined) {
      days = new Map()
      this.#pairPlaces.set(type, days)
    }
    const day = Math.floor(createdAt / DAY_MS)
    let place = days.get(day)
    if (place === undefined) {
      place = this.pairs.push({ type, createdAt }) - 1
      days.set(day, place)
    }
    return place
  }
}
