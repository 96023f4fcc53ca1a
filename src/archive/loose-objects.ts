import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { readBytes } from '../event-log/archive-object.ts'
import type { CatalogueSegment } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { eachLine } from '../segment/lines.ts'
import { readEventLine } from '../segment/read-event-line.ts'
import type { SegmentEvent } from '../segment/segment-event.ts'

/**
 * An object of events of which neither a manifest nor the catalogue tells: left behind by a run that was killed, its
 * events being elsewhere; or its manifest is lost, and then its events are nowhere else.
 */
export interface LooseObject {
  number: number
  key: string
  sizeBytes: number
}

export interface Examined extends LooseObject {
  /** Null: it cannot be read as a segment. */
  events: number | null
  /** Of these, neither live nor archived as they are. */
  unknown: number
}

/** `segment`: what the catalogue has under its number. */
export function isLoose(
  key: string,
  segment: Pick<CatalogueSegment, 'content' | 'state'> | undefined,
  hasManifest: boolean,
): boolean {
  // a run that found its key taken by other content gave the number up
  if (segment === undefined || segment.state === 'abandoned') return !hasManifest
  // its number was given anew, to a segment of another month
  return segment.content !== null && segment.content.key !== key
}

/** Events of one call of the event store. */
const CALL_EVENTS = 1000

/** Reads it, whole in memory, and looks for each of its events. */
export async function examineLoose(
  store: EventStore,
  objects: ObjectStore,
  object: LooseObject,
): Promise<Examined> {
  const events = await readEvents(objects, object.key)
  if (events === null) return { ...object, events: null, unknown: 0 }
  let unknown = 0
  for (let from = 0; from < events.length; from += CALL_EVENTS) {
    const outcomes = await store.lookup(events.slice(from, from + CALL_EVENTS))
    unknown += outcomes.filter((outcome) => outcome !== 'duplicate').length
  }
  return { ...object, events: events.length, unknown }
}

/** What is wrong with it; null: nothing, all its events are elsewhere. */
export function looseText({ key, events, unknown }: Examined): string | null {
  if (events === null) return `no manifest tells of ${key}, and it cannot be read as a segment`
  return unknown === 0
    ? null
    : `no manifest tells of ${key}, and ${unknown} of its ${events} events are neither live nor archived as they are in it`
}

/** Null: it is no segment. */
async function readEvents(objects: ObjectStore, key: string): Promise<SegmentEvent[] | null> {
  const bytes = await readBytes(objects, key)
  const text = bytes && (await promisify(gunzip)(bytes).catch(() => null))
  if (text === null) return null
  const events: (SegmentEvent | null)[] = []
  eachLine(text, (start, end) => void events.push(readEventLine(text.toString('utf8', start, end))))
  return events.every((event) => event !== null) ? events : null
}
