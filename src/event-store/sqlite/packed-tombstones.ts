import type { ArchivedEvent } from '../catalogue.ts'

/** What makes tombstones, in a form that crosses to another thread: bytes and numbers in arrays that are transferred. */
export interface PackedTombstones {
  length: number
  /** 16 bytes each. */
  ids: Uint8Array<ArrayBuffer>
  digests: Uint8Array<ArrayBuffer>
  positions: BigInt64Array<ArrayBuffer>
}

const BYTES = 16

export function packTombstones(events: readonly ArchivedEvent[]): PackedTombstones {
  const { length } = events
  const ids = new Uint8Array(length * BYTES)
  const digests = new Uint8Array(length * BYTES)
  const positions = new BigInt64Array(length)
  events.forEach(({ id, digest, position }, index) => {
    ids.set(id, index * BYTES)
    digests.set(digest, index * BYTES)
    positions[index] = position
  })
  return { length, ids, digests, positions }
}

export function tombstoneAt(packed: PackedTombstones, index: number): ArchivedEvent {
  const [from, to] = [index * BYTES, (index + 1) * BYTES]
  return {
    id: packed.ids.subarray(from, to),
    digest: packed.digests.subarray(from, to),
    position: packed.positions[index] as bigint,
  }
}

/** What may be moved to the other thread instead of copied. */
export function tombstoneBuffers({ ids, digests, positions }: PackedTombstones): ArrayBuffer[] {
  return [ids.buffer, digests.buffer, positions.buffer]
}
