import { formatEventLine } from '../event/event-line.ts'
import type { LogPoint, StoredEvent } from '../event/event.ts'
import { GzipBlocks } from './gzip-blocks.ts'
import { inLogOrder } from '../event/log-order.ts'
import type { Manifest } from './manifest.ts'
import { monthOf, nextMonth, segmentKey } from './object-keys.ts'
import { xorInto } from '../event/xor.ts'

const TARGET_TEXT_BYTES = 64 * 1024 * 1024
const BLOCK_LENGTH = 256 * 1024

export interface SegmentWriterOptions {
  /** It is full with the event that reaches this; default 64 MiB. */
  targetTextBytes?: number
  /** A block ends with the event that reaches this, in UTF-16 units: bytes, where the text is ASCII. Default 256 Ki. */
  blockLength?: number
}

/** A segment, whole in memory in its compressed form. */
export interface WrittenSegment {
  /** The bytes of the object at `manifest.key`, in pieces. */
  body: Uint8Array[]
  manifest: Manifest
}

/**
 * Makes one segment of events in log order. What it holds in memory is the segment as it will be stored, and a few
 * blocks of text that are being deflated.
 */
export class SegmentWriter {
  readonly #number: number
  readonly #targetTextBytes: number
  readonly #blockLength: number
  readonly #gzip = new GzipBlocks()
  readonly #types = new Map<string, number>()
  readonly #idsXor = new Uint8Array(16)
  readonly #digestsXor = new Uint8Array(16)
  #first: LogPoint | null = null
  #last: LogPoint | null = null
  /** Where the month ends. */
  #end = 0n
  #events = 0
  /** The block that is being filled. */
  #block = { text: '', events: 0, position: 0n }

  constructor(number: number, options: SegmentWriterOptions = {}) {
    this.#number = number
    this.#targetTextBytes = options.targetTextBytes ?? TARGET_TEXT_BYTES
    this.#blockLength = options.blockLength ?? BLOCK_LENGTH
  }

  /** Taken so far. */
  get events(): number {
    return this.#events
  }

  /**
   * Takes events that follow in the log, up to the first that belongs into another segment: since this one is full, or
   * since it is of another month. Returns how many it took; fewer than given means that it is time to `finish`. To be
   * awaited before the next call: that is what bounds memory.
   */
  async add(events: readonly StoredEvent[]): Promise<number> {
    let taken = 0
    for (const event of events) {
      if (this.#events > 0 && (this.#isFull() || event.position >= this.#end)) break
      this.#write(event)
      taken += 1
      if (this.#block.text.length >= this.#blockLength) await this.#endBlock()
    }
    return taken
  }

  /** To be called once, after at least one event was taken. */
  async finish(): Promise<WrittenSegment> {
    if (this.#first === null || this.#last === null) throw new Error('a segment holds at least one event')
    if (this.#block.events > 0) await this.#endBlock()
    const sha256 = await this.#gzip.finish()
    const { body, blocks, textBytes, gzipBytes } = this.#gzip
    const types = [...this.#types].map(([type, events]) => ({ type, events }))
    return {
      body,
      manifest: {
        number: this.#number,
        key: segmentKey(this.#number, monthOf(this.#first.position)),
        first: this.#first,
        last: this.#last,
        events: this.#events,
        idsXor: this.#idsXor,
        digestsXor: this.#digestsXor,
        types: types.toSorted((a, b) => (a.type < b.type ? -1 : 1)),
        textBytes,
        gzipBytes,
        sha256,
        blocks,
      },
    }
  }

  #isFull(): boolean {
    return this.#gzip.textBytes + this.#block.text.length >= this.#targetTextBytes
  }

  #write(event: StoredEvent): void {
    const { id, position, type } = event
    if (this.#last !== null && inLogOrder(event, this.#last) <= 0)
      throw new Error(`the event at ${position} does not follow the one at ${this.#last.position}`)
    this.#last = { position, id }
    if (this.#first === null) {
      this.#first = this.#last
      this.#end = nextMonth(position)
    }
    const block = this.#block
    if (block.events === 0) block.position = position
    block.text += `${formatEventLine(event, true)}\n`
    block.events += 1
    this.#events += 1
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    xorInto(this.#idsXor, id)
    xorInto(this.#digestsXor, event.digest)
  }

  async #endBlock(): Promise<void> {
    const { text, ...of } = this.#block
    this.#block = { text: '', events: 0, position: 0n }
    await this.#gzip.add(text, of)
  }
}
