import { DemetraError, EXIT } from '../errors.ts'
import { openSource, type Source, type SourceSpec } from '../import/source.ts'
import { SeenIds } from './seen-ids.ts'
import type { VerifyResult } from './verify-result.ts'
import { verifySource, type VerifyOptions } from './verify-source.ts'

export interface VerifyFilesOptions extends Omit<VerifyOptions, 'seen' | 'onProgress'> {
  onSource: (source: Source) => Promise<(result: Readonly<VerifyResult>) => void>
}

export interface VerifyFilesOutcome {
  results: VerifyResult[]
  /** The first failure; sources after an unreadable one were looked at all the same, as import reads them. */
  failure?: unknown
}

/** Verifies sources one after the other, as one import of them all would read them. */
export async function verifyFiles(
  specs: readonly SourceSpec[],
  options: VerifyFilesOptions,
): Promise<VerifyFilesOutcome> {
  const results: VerifyResult[] = []
  const seen = new SeenIds()
  let failure: unknown
  for (const spec of specs) {
    try {
      const source = await openSource(spec, undefined, options.signal)
      const onProgress = await options.onSource(source)
      const outcome = await verifySource(source, { ...options, seen, onProgress })
      results.push(outcome.result)
      if (outcome.failure !== undefined) throw outcome.failure
    } catch (error) {
      failure ??= error
      if (!(error instanceof DemetraError) || error.exitCode !== EXIT.inputMissing) break
    }
  }
  seen.close()
  return { results, failure }
}
