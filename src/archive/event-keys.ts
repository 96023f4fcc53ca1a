import type { ArchivedEvent } from '../event-store/catalogue.ts'

const ID_BYTES = 16
const EVENT_BYTES = ID_BYTES + 16 + 8
const PIECE_EVENTS = 4096

/**
 * What makes tombstones of the events of a segment, packed: 40 bytes an event, where objects would take 300. In pieces,
 * since one buffer that grows would hold up to twice as much.
 */
export class EventKeys {
  readonly #pieces: Buffer[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  add({ id, digest, position }: ArchivedEvent): void {
    const at = (this.#length % PIECE_EVENTS) * EVENT_BYTES
    if (at === 0) this.#pieces.push(Buffer.allocUnsafeSlow(PIECE_EVENTS * EVENT_BYTES))
    const piece = this.#pieces.at(-1) as Buffer
    piece.set(id, at)
    piece.set(digest, at + ID_BYTES)
    piece.writeBigInt64LE(position, at + EVENT_BYTES - 8)
    this.#length += 1
  }

  /** Up to `count` of them, from the index `from` on. */
  slice(from: number, count: number): ArchivedEvent[] {
    const events: ArchivedEvent[] = []
    for (let i = from; i < Math.min(from + count, this.#length); i += 1) {
      const piece = this.#pieces[Math.floor(i / PIECE_EVENTS)] as Buffer
      const at = (i % PIECE_EVENTS) * EVENT_BYTES
      events.push({
        id: piece.subarray(at, at + ID_BYTES),
        digest: piece.subarray(at + ID_BYTES, at + 2 * ID_BYTES),
        position: piece.readBigInt64LE(at + EVENT_BYTES - 8),
      })
    }
    return events
  }
}
