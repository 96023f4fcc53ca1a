import { formatEventLine } from '../event/event-line.ts'
import { readEvent } from '../event/read-event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { EventStore } from '../event-store/event-store.ts'
import { damage, MEND, type Damage } from './proof.ts'

const SAMPLES = 5

/** Computes the digest of every live event anew. */
export async function proveLive(
  store: EventStore,
  signal: AbortSignal | undefined,
  onEvents: (events: number) => void,
): Promise<{ events: number; damages: Damage[] }> {
  let events = 0
  let damaged = 0
  const ids: string[] = []
  for await (const batch of store.read()) {
    signal?.throwIfAborted()
    for (const event of batch) {
      const { digest } = readEvent(formatEventLine(event), { receivedAt: 0 })
      if (Buffer.compare(digest, event.digest) === 0) continue
      damaged += 1
      if (ids.length < SAMPLES) ids.push(formatUuid(event.id))
    }
    events += batch.length
    onEvents(events)
  }
  if (damaged === 0) return { events, damages: [] }
  const message = `${damaged} of the live events are not what they were when they were stored`
  return { events, damages: [damage('live-damaged', message, MEND.backup, { events: damaged, ids })] }
}
