import type { NewEvent } from '../../event/event.ts'
import type { EventSequence } from './append.ts'

/**
 * A batch of events in a form that crosses to another thread at the cost of a few copies of memory, where
 * structured cloning would rebuild every object: numbers and bytes in typed arrays that are transferred, the
 * free texts joined into one string, the few names that repeat in a list.
 */
export interface PackedBatch {
  length: number
  /** id and digest of each event, 32 bytes. */
  identities: Uint8Array<ArrayBuffer>
  /** created_at and received_at of each event. */
  times: Float64Array<ArrayBuffer>
  /** -1n: none given. */
  positions: BigInt64Array<ArrayBuffer>
  /** Services and types by their index in `names`. */
  nameIndexes: Uint32Array<ArrayBuffer>
  names: string[]
  /** aggregate_id, correlation_id, meta_extra, payload of each event, joined. */
  texts: string
  /** Length of each in `texts`, in UTF-16 units; ABSENT for null. */
  textLengths: Uint32Array<ArrayBuffer>
}

const ABSENT = 0xffffffff
const TEXTS = 4
const IDENTITY_BYTES = 32

export function packEvents(events: readonly NewEvent[]): PackedBatch {
  const { length } = events
  const identities = new Uint8Array(length * IDENTITY_BYTES)
  const times = new Float64Array(length * 2)
  const positions = new BigInt64Array(length)
  const nameIndexes = new Uint32Array(length * 2)
  const textLengths = new Uint32Array(length * TEXTS)
  const texts: string[] = []
  const names = new Names()
  for (let index = 0; index < length; index += 1) {
    const event = events[index] as NewEvent
    const identity = index * IDENTITY_BYTES
    for (let i = 0; i < 16; i += 1) {
      identities[identity + i] = event.id[i] as number
      identities[identity + 16 + i] = event.digest[i] as number
    }
    times[index * 2] = event.createdAt
    times[index * 2 + 1] = event.receivedAt
    positions[index] = event.position ?? -1n
    nameIndexes[index * 2] = names.indexOf(event.service)
    nameIndexes[index * 2 + 1] = names.indexOf(event.type)
    const at = index * TEXTS
    textLengths[at] = event.aggregateId.length
    textLengths[at + 1] = event.correlationId?.length ?? ABSENT
    textLengths[at + 2] = event.metaExtra?.length ?? ABSENT
    textLengths[at + 3] = event.payload.length
    texts.push(event.aggregateId)
    if (event.correlationId !== null) texts.push(event.correlationId)
    if (event.metaExtra !== null) texts.push(event.metaExtra)
    texts.push(event.payload)
  }
  return {
    length,
    identities,
    times,
    positions,
    nameIndexes,
    names: names.list,
    texts: texts.join(''),
    textLengths,
  }
}

/** What may be moved to the other thread instead of copied. */
export function transferables(batch: PackedBatch): ArrayBuffer[] {
  return [
    batch.identities.buffer,
    batch.times.buffer,
    batch.positions.buffer,
    batch.nameIndexes.buffer,
    batch.textLengths.buffer,
  ]
}

/** The events of a packed batch, each made when it is asked for, in order from the first. */
export class PackedEvents implements EventSequence {
  readonly length: number
  readonly #batch: PackedBatch
  /** Where the texts of event `#nextIndex` start. */
  #offset = 0
  #nextIndex = 0

  constructor(batch: PackedBatch) {
    this.#batch = batch
    this.length = batch.length
  }

  at(index: number): NewEvent | undefined {
    if (index >= this.length) return undefined
    if (index !== this.#nextIndex)
      throw new RangeError('a packed batch is read once, from the first event on')
    this.#nextIndex += 1
    const { identities, times, positions, nameIndexes, names } = this.#batch
    const identity = identities.byteOffset + index * IDENTITY_BYTES
    const position = positions[index] as bigint
    const text = index * TEXTS
    return {
      id: new Uint8Array(identities.buffer, identity, 16),
      service: names[nameIndexes[index * 2] as number] as string,
      type: names[nameIndexes[index * 2 + 1] as number] as string,
      createdAt: times[index * 2] as number,
      receivedAt: times[index * 2 + 1] as number,
      aggregateId: this.#text(text) as string,
      correlationId: this.#text(text + 1),
      metaExtra: this.#text(text + 2),
      payload: this.#text(text + 3) as string,
      digest: new Uint8Array(identities.buffer, identity + 16, 16),
      position: position < 0n ? null : position,
    }
  }

  #text(at: number): string | null {
    const length = this.#batch.textLengths[at] as number
    if (length === ABSENT) return null
    const start = this.#offset
    this.#offset = start + length
    return this.#batch.texts.slice(start, this.#offset)
  }
}

class Names {
  readonly list: string[] = []
  readonly #indexes = new Map<string, number>()
  indexOf(name: string): number {
    let index = this.#indexes.get(name)
    if (index === undefined) {
      index = this.list.push(name) - 1
      this.#indexes.set(name, index)
    }
    return index
  }
}
