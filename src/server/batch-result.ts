import type { BatchResult, EventResult } from './event-schema.ts'

export type OutcomeCounts = Omit<BatchResult, 'results'>

const MEMBER = {
  stored: 'stored',
  duplicate: 'duplicates',
  conflict: 'conflicts',
  refused: 'refused',
  failed: 'failed',
} as const

export function countOutcomes(results: readonly EventResult[]): OutcomeCounts {
  const counts: OutcomeCounts = { stored: 0, duplicates: 0, conflicts: 0, refused: 0, failed: 0 }
  for (const { outcome } of results) counts[MEMBER[outcome]] += 1
  return counts
}

/** The answer to a batch: 200 where all are stored, now or before. */
export function batchResult(results: EventResult[]): { status: number; body: BatchResult } {
  const counts = countOutcomes(results)
  const body = { ...counts, results }
  if (counts.stored + counts.duplicates === results.length) return { status: 200, body }
  // the batch as it is can be sent again
  if (counts.failed === results.length) return { status: results[0]?.status ?? 503, body }
  return { status: 207, body }
}
