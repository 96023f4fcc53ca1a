import { lastPositionAt, positionAt } from '../event/position.ts'
import { endOf } from '../event/log-order.ts'
import type { EventStore, Reader } from '../event-store/event-store.ts'
import { pause } from '../pause.ts'

/** Up to where events are archived, and what keeps those above from it. */
export interface Boundary {
  /** Inclusive. */
  upTo: bigint
  /** Old enough, but not read yet by these reports. */
  kept: { events: number; readers: Reader[] } | null
}

const POLL_MS = 200

/**
 * Events from before `beforeMs`, by position; none above the stable position, and none that a report has not read:
 * live it reads them faster, and whoever set it up wants to see it.
 */
export async function findBoundary(
  store: EventStore,
  beforeMs: number,
  signal?: AbortSignal,
): Promise<Boundary> {
  const aged = beforeMs > 0 ? lastPositionAt(beforeMs - 1) : positionAt(0) - 1n
  const upTo = await stableUpTo(store, lower(aged, await store.newestPosition()), signal)
  const readers = (await store.readers.list()).filter(({ readTo }) => readTo < upTo)
  const readTo = readers.reduce((lowest, reader) => lower(lowest, reader.readTo), upTo)
  if (readers.length === 0) return { upTo, kept: null }
  const { events } = await store.summary(endOf(readTo), endOf(upTo))
  if (events === 0) return { upTo, kept: null }
  return {
    upTo: readTo,
    kept: {
      events,
      readers: readers.map(({ reportStore, name, generation, readTo: position }) => ({
        reportStore,
        name,
        generation,
        readTo: position,
      })),
    },
  }
}

/** Waits until `position` is stable, a few seconds at most after it was given; where aborted, what is. */
async function stableUpTo(
  store: EventStore,
  position: bigint,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  for (;;) {
    const stable = await store.stablePosition()
    if (stable >= position || signal?.aborted === true) return lower(stable, position)
    await pause(POLL_MS, signal)
  }
}

function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
