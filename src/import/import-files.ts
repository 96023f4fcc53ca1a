import { basename, dirname, join, resolve } from 'node:path'
import { DemetraError, EXIT } from '../errors.ts'
import { importSource } from './import-source.ts'
import type { ImportOptions } from './source-import.ts'
import type { ImportResult } from './result.ts'
import { openSource, type Source, type SourceSpec } from './source.ts'

export interface ImportFilesOptions extends Omit<ImportOptions, 'rejectsPath' | 'onProgress'> {
  /** Left out: beside each source; for standard input and objects in S3 the working directory. */
  rejectsDir: string | undefined
  cwd: string
  onSource: (source: Source) => Promise<(result: Readonly<ImportResult>) => void>
}

export interface ImportFilesOutcome {
  results: ImportResult[]
  /** The first failure; sources after an unreadable one were imported all the same. */
  failure?: unknown
  interrupted: boolean
}

/** Imports sources one after the other. A store that fails ends it, a source that cannot be read does not. */
export async function importFiles(
  specs: readonly SourceSpec[],
  options: ImportFilesOptions,
): Promise<ImportFilesOutcome> {
  const results: ImportResult[] = []
  let failure: unknown
  for (const spec of specs) {
    try {
      const source = await openSource(spec, undefined, options.signal)
      const onProgress = await options.onSource(source)
      const outcome = await importSource(source, {
        ...options,
        rejectsPath: rejectsPath(spec, options),
        onProgress,
      })
      results.push(outcome.result)
      if (outcome.interrupted) return { results, failure, interrupted: true }
      if (outcome.failure !== undefined) throw outcome.failure
    } catch (error) {
      failure ??= error
      if (!(error instanceof DemetraError) || error.exitCode !== EXIT.inputMissing) break
    }
  }
  return { results, failure, interrupted: false }
}

function rejectsPath(spec: SourceSpec, { rejectsDir, cwd }: ImportFilesOptions): string {
  const name = `${spec.url === undefined && spec.path === null ? 'stdin' : basename(spec.path ?? spec.name)}.rejects.ndjson`
  const folder =
    rejectsDir === undefined ? (spec.path === null ? cwd : dirname(spec.path)) : resolve(cwd, rejectsDir)
  return join(folder, name)
}
