import { EventError } from '../event/assemble.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import type { EventStore } from '../event-store/event-store.ts'
import { EventList } from '../event-store/event-list.ts'
import { eventBatches, START, type EventBatch } from '../import/batches.ts'
import type { EventCheck } from '../import/event-check.ts'
import { withSource } from '../import/named-source.ts'
import { planImport, type PlanOptions } from '../import/plan.ts'
import type { Source } from '../import/source.ts'
import type { SeenIds } from './seen-ids.ts'
import { emptyVerifyResult, typeCounts, type Sample, type VerifyResult } from './verify-result.ts'

export interface VerifyOptions extends PlanOptions {
  store: EventStore
  check: EventCheck
  /** Of the dumps before as well: a second one finds stored what the first one brings. */
  seen: SeenIds
  signal: AbortSignal
  onProgress: (result: Readonly<VerifyResult>) => void
  now: () => number
}

/** Samples that are kept of each kind of trouble. */
const SAMPLES = 5

export interface VerifyOutcome {
  /** Of what could be read. */
  result: VerifyResult
  /** Why the source could not be read to its end. */
  failure?: unknown
}

/** What an import of the source would do: the same way through the code, but nothing is written. */
export async function verifySource(source: Source, options: VerifyOptions): Promise<VerifyOutcome> {
  const result = emptyVerifyResult(source.name)
  const startedAt = performance.now()
  try {
    const plan = await planImport(source, options)
    result.format = plan.format
    await source.prove(() => options.onProgress(result))
    options.signal.throwIfAborted()
    const batches = eventBatches({
      collect: () => new EventList(),
      chunks: source.chunks(),
      createSplitter: plan.createSplitter,
      createMapper: plan.createMapper,
      derivesIds: plan.derivesIds,
      start: START,
      finish: (event) => {
        options.check(event)
        if (plan.position === 'created' && event.createdAt > options.now()) {
          throw new EventError(
            'in-the-future',
            `meta.created_at: ${formatTime(event.createdAt)} is later than now`,
          )
        }
      },
      signal: options.signal,
    })
    for await (const batch of batches) {
      countRejects(batch, result)
      await countEvents(batch, options.seen, options.store, result)
      const { records, ignored, byteOffset } = batch.cursor
      Object.assign(result, { records, ignored, identical: batch.identical, bytes: byteOffset })
      options.onProgress(result)
    }
    options.signal.throwIfAborted()
    return { result }
  } catch (error) {
    return { result, failure: withSource(error, source.name) }
  } finally {
    result.seconds = Math.round(performance.now() - startedAt) / 1000
    await source.close()
  }
}

function countRejects(batch: EventBatch<EventList>, result: VerifyResult): void {
  for (const { record, code, message, type } of batch.rejects) {
    result.rejected += 1
    if (type !== undefined) typeCounts(result, type).rejected += 1
    const reason = (result.rejects[code] ??= { count: 0, samples: [] })
    reason.count += 1
    const { number, line, byteOffset } = record
    addSample(reason.samples, () => ({ record: number, line, byteOffset, message }))
  }
}

async function countEvents(
  batch: EventBatch<EventList>,
  seen: SeenIds,
  store: EventStore,
  result: VerifyResult,
): Promise<void> {
  const { events } = batch.events
  const outcomes = await store.lookup(events)
  for (const [i, event] of events.entries()) {
    const counts = typeCounts(result, event.type)
    const sample = (): Sample => ({ ...batch.places.at(i), message: formatUuid(event.id) })
    const inside = seen.add(event.id, event.digest)
    const stored = outcomes[i]
    result.events += 1
    counts.events += 1
    if (stored === 'conflict' || (stored !== 'duplicate' && inside === 'conflict')) {
      result.conflicts += 1
      counts.conflicts += 1
      addSample(result.conflictSamples, sample)
    } else if (stored === 'duplicate') {
      result.duplicatesInStore += 1
      counts.duplicates += 1
    } else if (inside === 'duplicate') {
      result.duplicatesInSource += 1
      counts.duplicates += 1
      addSample(result.duplicateSamples, sample)
    } else {
      result.new += 1
      counts.new += 1
    }
  }
}

function addSample(samples: Sample[], sample: () => Sample): void {
  if (samples.length < SAMPLES) samples.push(sample())
}
