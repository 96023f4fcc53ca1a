import { segmentDiffers, wrongSegmentState } from './archive-errors.ts'
import type {
  AdoptedSegment,
  CatalogueSegment,
  SegmentContent,
  SegmentIntent,
  SegmentState,
} from './catalogue.ts'

/** A step of a segment, as data: what the catalogue's calls ask of an adapter. */
export type SegmentChange =
  | { step: 'begin'; intent: SegmentIntent }
  | { step: 'commit'; content: SegmentContent }
  | { step: 'purged' }
  | { step: 'restored' }
  | { step: 'abandon'; reason: string }
  | { step: 'adopt'; segment: AdoptedSegment }

/** The segment without the time of its last change, which the store's clock tells. */
export type SegmentRecord = Omit<CatalogueSegment, 'changedAt'>

/** Whether readers find something else in the archive after it: then the revision grows. */
export function changesReading({ step }: SegmentChange): boolean {
  return step === 'commit' || step === 'adopt' || step === 'restored'
}

/**
 * The segment after a step; null: the step was done before.
 *
 * @param found as it is on record; null: it is not
 * @throws DemetraError DEMETRA_SEGMENT_STATE, DEMETRA_SEGMENT_DIFFERS
 */
export function changedSegment(
  number: number,
  found: SegmentRecord | null,
  change: SegmentChange,
): SegmentRecord | null {
  switch (change.step) {
    case 'begin': {
      if (found !== null) throw wrongSegmentState(number, found.state, 'begun')
      const { first, last, events, idsXor } = change.intent
      return { number, state: 'intended', first, last, events, idsXor, content: null, reason: null }
    }
    case 'commit':
      return committed(number, found, change.content)
    case 'adopt':
      return adopted(found, change.segment)
    case 'purged':
      return moved(number, found, 'purged', ['committed'], ['purged', 'restored'])
    case 'restored':
      return moved(number, found, 'restored', ['committed', 'purged'], ['restored'])
    case 'abandon': {
      const abandoned = moved(number, found, 'abandoned', ['intended'], ['abandoned'])
      return abandoned && { ...abandoned, reason: change.reason }
    }
  }
}

/** Tombstones are made and undone only of what is in the archive. */
export function checkCommitted(number: number, found: Pick<SegmentRecord, 'state'> | null): void {
  if (found === null || found.state === 'intended' || found.state === 'abandoned') {
    throw wrongSegmentState(number, found?.state ?? null, 'moved')
  }
}

function committed(
  number: number,
  found: SegmentRecord | null,
  content: SegmentContent,
): SegmentRecord | null {
  if (found === null || found.state === 'abandoned')
    throw wrongSegmentState(number, found?.state ?? null, 'committed')
  if (found.content === null) return { ...found, state: 'committed', content }
  if (!sameBytes(found.content.sha256, content.sha256)) throw segmentDiffers(number)
  return null
}

function adopted(found: SegmentRecord | null, segment: AdoptedSegment): SegmentRecord | null {
  if (found?.content) {
    if (!sameBytes(found.content.sha256, segment.sha256)) throw segmentDiffers(segment.number)
    return null
  }
  const { number, first, last, events, idsXor, ...content } = segment
  return { number, state: 'committed', first, last, events, idsXor, content, reason: null }
}

function moved(
  number: number,
  found: SegmentRecord | null,
  to: SegmentState,
  from: readonly SegmentState[],
  done: readonly SegmentState[],
): SegmentRecord | null {
  if (found !== null && done.includes(found.state)) return null
  if (found === null || !from.includes(found.state)) throw wrongSegmentState(number, found?.state ?? null, to)
  return { ...found, state: to }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
