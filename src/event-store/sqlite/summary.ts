import type { LogPoint } from '../../event/event.ts'
import type { LogSummary } from '../event-store.ts'
import type { Reading } from './read.ts'

const ID_BYTES = 16
/** Ids taken in one step: 1.6 MB. */
const STEP_EVENTS = 100_000

/**
 * Number of events and XOR of their ids in (after, upTo]. SQLite strings the ids of a step together into one
 * value, from the index alone: a value for each id would cost ten times as much.
 */
export async function summarise(reading: Reading, after: LogPoint, upTo: LogPoint): Promise<LogSummary> {
  const xor = new Uint32Array(ID_BYTES / 4)
  let events = 0
  let from = after
  for (;;) {
    const row = await reading((connection) =>
      connection.get<[Uint8Array | null, bigint]>(
        `SELECT CAST(group_concat(id, '') AS BLOB), max(position) FROM (
           SELECT position, id FROM events INDEXED BY events_by_position
           WHERE (position, id) > (?, ?) AND (position, id) <= (?, ?) ORDER BY position, id LIMIT ?)`,
        from.position,
        from.id,
        upTo.position,
        upTo.id,
        STEP_EVENTS,
      ),
    )
    const [bytes, position] = row ?? [null, 0n]
    if (bytes === null) break
    const ids = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    for (let at = 0; at < ids.length; at += 4) {
      for (let word = 0; word < 4; word += 1) xor[word]! ^= ids[at + word]!
    }
    events += bytes.byteLength / ID_BYTES
    from = { position, id: bytes.slice(-ID_BYTES) }
  }
  return { events, idsXor: new Uint8Array(xor.buffer) }
}
