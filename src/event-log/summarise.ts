import type { LogPoint, StoredEvent } from '../event/event.ts'
import type { LogSummary } from '../event-store/event-store.ts'
import { inLogOrder } from '../event/log-order.ts'
import { xorInto } from '../event/xor.ts'

/** Counts events, up to and including `upTo`. */
export async function summarise(
  batches: AsyncIterable<StoredEvent[]> | Iterable<StoredEvent[]>,
  upTo: LogPoint,
): Promise<LogSummary> {
  const summary: LogSummary = { events: 0, idsXor: new Uint8Array(16) }
  for await (const batch of batches) {
    for (const event of batch) {
      if (inLogOrder(event, upTo) > 0) continue
      summary.events += 1
      xorInto(summary.idsXor, event.id)
    }
  }
  return summary
}
