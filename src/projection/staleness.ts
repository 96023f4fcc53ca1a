import type { LogPoint } from '../event/event.ts'
import type { LogTail, StaleReason } from '../report-store/report-store.ts'
import { endOf } from '../event/log-order.ts'
import type { RunLog } from './run-types.ts'

/** How far below its end a report remembers what the log held. */
const TAIL_SECONDS = 60

export interface BackfillNews {
  /** The last backfill of which it is known that it is over and that it stands above the checkpoint, or not. */
  known: number
  stale: StaleReason | null
}

/** Looks at the backfills after number `known`: did one write at or below the checkpoint? */
export async function backfillNews(
  eventStore: RunLog,
  checkpoint: LogPoint | null,
  known: number,
): Promise<BackfillNews> {
  const news: BackfillNews = { known, stale: null }
  const backfills = await eventStore.backfills.since(known)
  let allOver = true
  for (const { number, importId, lowest, running } of backfills.toSorted((a, b) => a.number - b.number)) {
    allOver &&= !running
    // one that runs can still write lower, so it stays to be looked at again
    if (allOver) news.known = number
    if (checkpoint !== null && lowest !== null && lowest <= checkpoint.position) {
      const message = `the import ${importId} filled in history below what the report had read (backfill ${number})`
      news.stale = { cause: 'backfill', message }
    }
  }
  return news
}

/** Did an event appear, or vanish, in a stretch of the log that was settled? */
export async function lateEventNews(eventStore: RunLog, tail: LogTail | null): Promise<StaleReason | null> {
  if (tail === null) return null
  const now = await eventStore.summary(tail.after, tail.upTo)
  if (now.events === tail.events && now.idsXor.every((byte, i) => byte === tail.idsXor[i])) return null
  const was = tail.events
  const is = now.events === was ? `${was} others` : now.events
  const message = `the log has changed below what the report had read: in its last minute stood ${was} events, now there are ${is}`
  return { cause: 'late-event', message }
}

/** Where the tail begins of a run that ends at `target`. */
export function tailStart(target: bigint): bigint {
  const start = target - (BigInt(TAIL_SECONDS) << 31n)
  return start < 0n ? 0n : start
}

/**
 * The tail after reading up to `upTo`, taken **before** that stretch is read: an event that appears in it from
 * now on is told by the next run, even where this one has happened to read it.
 */
export async function nextTail(
  eventStore: RunLog,
  before: LogTail | null,
  start: bigint,
  checkpoint: LogPoint | null,
  upTo: bigint,
): Promise<LogTail> {
  const end = endOf(upTo)
  if (upTo <= start) return { after: end, upTo: end, events: 0, idsXor: new Uint8Array(16) }
  const goesOn =
    before !== null && before.after.position === start && before.upTo.position === checkpoint?.position
  const after = goesOn ? before.upTo : endOf(start)
  const { events, idsXor } = await eventStore.summary(after, end)
  if (!goesOn) return { after, upTo: end, events, idsXor }
  return {
    after: before.after,
    upTo: end,
    events: before.events + events,
    idsXor: idsXor.map((byte, i) => byte ^ (before.idsXor[i] as number)),
  }
}

/** A cause is told once, by its newest message. The same list where that is nothing new. */
export function withReason(
  reasons: readonly StaleReason[],
  reason: StaleReason | null,
): readonly StaleReason[] {
  if (reason === null) return reasons
  const before = reasons.find(({ cause }) => cause === reason.cause)
  if (before?.message === reason.message) return reasons
  return [...reasons.filter((other) => other !== before), reason]
}
