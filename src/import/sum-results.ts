import { emptyResult, type ImportResult } from './result.ts'

/** One source: its result. Several: their sums, `source` and what belongs to one source alone left empty, and `sources`. */
export type ImportCommandResult = ImportResult & { sources?: ImportResult[] }

export function sumResults(results: readonly ImportResult[]): ImportCommandResult {
  const [only] = results
  if (only !== undefined && results.length === 1) return only
  const sum = emptyResult('')
  for (const result of results) {
    for (const key of SUMMED) sum[key] += result[key]
  }
  sum.source = results.map((result) => result.source).join(', ')
  sum.seconds = Math.round(sum.seconds * 1000) / 1000
  sum.eventsPerSecond = sum.seconds === 0 ? 0 : Math.round(sum.events / sum.seconds)
  return { ...sum, sources: [...results] }
}

const SUMMED = [
  'records',
  'events',
  'written',
  'duplicates',
  'conflicts',
  'rejected',
  'ignored',
  'skipped',
  'unsettled',
  'identical',
  'bytes',
  'seconds',
] as const
