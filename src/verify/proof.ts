import { objectSource } from '../object-store/object-source.ts'
import { shellWord } from '../text/shell-word.ts'

/** What `verify` found of store and archive. */
export interface Proof {
  store: string
  archive: string
  /** Every block was read and every digest computed. */
  deep: boolean
  segments: ProvedSegments
  /** Events in the event store; counted where every one of them was read. */
  liveEvents: number | null
  /** Events of segments that are live again: brought back, and no fault. */
  broughtBack: number
  /** Numbers that came to nothing, and what lies under them. */
  orphans: Orphan[]
  /** Who archives or restores at this moment: what is on its way then is no damage. */
  running: string | null
  damages: Damage[]
  seconds: number
}

export interface ProvedSegments {
  /** To be read. */
  segments: number
  events: number
  textBytes: number
  gzipBytes: number
  /** All of whose events are live again. */
  restored: number
}

export interface Orphan {
  number: number
  reason: string
  objects: { key: string; sizeBytes: number }[]
}

export interface Damage {
  code: DamageCode
  segment: number | null
  /** Of the object in the archive. */
  key: string | null
  message: string
  /** How many events of the segment or the store are meant; null: the whole. */
  events: number | null
  /** The first of them. */
  ids: string[]
  /** What mends it: a command, or what people have to do. */
  mend: string
}

export type DamageCode =
  /** No archive.json, or one of another store. */
  | 'archive-root'
  | 'object-missing'
  | 'object-damaged'
  | 'manifest-missing'
  | 'manifest-damaged'
  /** Manifest and catalogue say different things. */
  | 'manifest-differs'
  /** In the archive, and the catalogue knows nothing of it. */
  | 'object-unknown'
  /** Neither live nor a tombstone. */
  | 'event-missing'
  /** Live or a tombstone, with another digest or at another position than in the segment. */
  | 'event-differs'
  /** Live and a tombstone. */
  | 'event-twice'
  /** Tombstones of a segment that has none of them. */
  | 'tombstones-unknown'
  /** In the event store, with a digest that is not that of its content. */
  | 'live-damaged'
  /** Begun by a run that is gone. */
  | 'unfinished'

export const MEND = {
  archive: '`demetra archive` finishes it',
  catalogue: '`demetra restore --catalogue` makes catalogue and tombstones from the archive',
  bucket:
    'bring the object back from a version or a copy of the bucket; all other segments can be read without it',
  unreadable:
    'bring it and its manifest back from a version or a copy of the bucket, then `demetra restore --catalogue`; only ' +
    'where it is none of Demetra’s, take it away by hand',
  url: 'give the archive of this store: `demetra verify --archive URL`',
  foreign: 'where it is not yours, take it away by hand; Demetra never deletes',
  backup: 'bring the event store back from a backup, then `demetra restore --catalogue`',
} as const

/** Of an object whose manifest is lost. */
export function mendLoose(archiveUrl: string, key: string): string {
  return (
    'bring its manifest back from a version or a copy of the bucket, then `demetra restore --catalogue`; only where no ' +
    `copy can turn up any more, \`demetra import ${shellWord(objectSource(archiveUrl, key))}\` brings the events back, at new positions`
  )
}

export function damage(
  code: DamageCode,
  message: string,
  mend: string,
  more: Partial<Pick<Damage, 'segment' | 'key' | 'events' | 'ids'>> = {},
): Damage {
  return { code, segment: null, key: null, message, events: null, ids: [], mend, ...more }
}
