import { quote } from '../../event/exact-json.ts'
import { formatTime } from '../../event/time.ts'
import { parseUuid, uuidV5 } from '../../event/uuid.ts'
import { Occurrences } from '../occurrences.ts'

/** Demetra's own namespace for derived ids. It must never change: ids of dumps imported before rest on it. */
const NAMESPACE = parseUuid('6b1c9f0e-5d3a-4c7b-9e42-d8a7f3b05c16') as Uint8Array

export interface DerivedIdParts {
  service: string
  type: string
  aggregateId: string
  createdAt: number
}

/**
 * Ids for records that carry none: a UUIDv5 of the JSON array [service, type, aggregate_id, created_at, the
 * record with sorted keys, occurrence, index in the record]. The occurrence tells records apart that are
 * equal to the letter, so that no row is lost for being equal to another, and the same dump gives the same
 * ids again. Records must be passed in the order of the source, from its first.
 */
export class DerivedIds {
  readonly #occurrences = new Occurrences()

  /** Records so far that were equal to an earlier one of the same source. */
  get identical(): number {
    return this.#occurrences.identical
  }

  /** The ids of the events of one record; `canonicalRecord` as canonical JSON text. */
  derive(events: readonly DerivedIdParts[], canonicalRecord: string): Uint8Array[] {
    const ids = events.map((event, index) => uuidV5(NAMESPACE, name(event, canonicalRecord, 0, index)))
    const [first] = ids
    if (first === undefined) return ids
    const occurrence = this.#occurrences.next(first)
    if (occurrence === 0) return ids
    return events.map((event, index) => uuidV5(NAMESPACE, name(event, canonicalRecord, occurrence, index)))
  }

  close(): void {
    this.#occurrences.close()
  }
}

function name(event: DerivedIdParts, canonicalRecord: string, occurrence: number, index: number): string {
  return (
    `[${quote(event.service)},${quote(event.type)},${quote(event.aggregateId)},"${formatTime(event.createdAt)}",` +
    `${canonicalRecord},${occurrence},${index}]`
  )
}
