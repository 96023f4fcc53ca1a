import { withSource } from './named-source.ts'
import { planImport } from './plan.ts'
import { emptyResult, type ImportResult } from './result.ts'
import type { Source } from './source.ts'
import { SourceImport, type ImportOptions } from './source-import.ts'

export interface ImportOutcome {
  result: ImportResult
  /** Why the import did not come to its end; undefined where it did, or where it was interrupted. */
  failure?: unknown
  interrupted: boolean
}

/** Imports one source. What came before a failure is stored, counted and resumed from by the next run. */
export async function importSource(source: Source, options: ImportOptions): Promise<ImportOutcome> {
  const startedAt = performance.now()
  const result = emptyResult(source.name)
  let failure: unknown
  try {
    const plan = await planImport(source, options)
    result.format = plan.format
    await new SourceImport(source, plan, options, result).run()
  } catch (error) {
    failure = withSource(error, source.name)
  }
  result.seconds = Math.round(performance.now() - startedAt) / 1000
  result.eventsPerSecond = result.seconds === 0 ? 0 : Math.round(result.events / result.seconds)
  await source.close()
  const interrupted = failure === undefined && options.signal.aborted
  return failure === undefined ? { result, interrupted } : { result, failure, interrupted }
}
