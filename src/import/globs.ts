import { accessSync, constants, globSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DemetraError, EXIT } from '../errors.ts'
import { parseS3Url } from '../object-store/s3/location.ts'

/** What is to be imported: a file, an object in S3, or standard input where there is neither path nor url. */
export interface SourceSpec {
  /** As the user typed it or as the glob found it; `-` for standard input. What messages call it. */
  name: string
  /** Absolute. */
  path: string | null
  /** `s3://BUCKET/KEY`, with its options. */
  url?: string
}

/**
 * Files, globs, objects in S3 and `-` into sources: in the order given, those of a glob sorted by name, none twice.
 * Directories are left out of a glob's matches. Throws DemetraError (exit 4) naming the argument where
 * nothing is there, nothing matches, or it is a directory or may not be read; of an object that is found out later.
 */
export function expandSources(args: readonly string[], cwd: string): SourceSpec[] {
  const found = new Map<string, SourceSpec>()
  for (const arg of args) {
    for (const spec of expand(arg, cwd)) {
      const key = spec.url ?? spec.path ?? '-'
      if (!found.has(key)) found.set(key, spec)
    }
  }
  return [...found.values()]
}

function expand(arg: string, cwd: string): SourceSpec[] {
  if (arg === '-') return [{ name: '-', path: null }]
  if (arg.startsWith('s3://')) return [{ name: parseS3Url(arg).name, path: null, url: arg }]
  const path = resolve(cwd, arg)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) throw directoryError(arg)
  if (stat) return [readable({ name: arg, path })]
  if (!/[*?[\]{}]/.test(arg)) throw missingError(arg)
  const matches = globSync(arg, { cwd, withFileTypes: false })
    .map((name) => ({ name, path: resolve(cwd, name) }))
    .filter((spec) => statSync(spec.path, { throwIfNoEntry: false })?.isDirectory() === false)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (matches.length === 0) throw noMatchError(arg)
  return matches.map(readable)
}

function readable(spec: { name: string; path: string }): SourceSpec {
  try {
    accessSync(spec.path, constants.R_OK)
  } catch (cause) {
    throw unreadableError(spec.name, cause)
  }
  return spec
}

export function directoryError(name: string): DemetraError {
  const folder = name.replace(/[/\\]+$/, '')
  return new DemetraError(`${name} is a directory; a file was expected`, {
    code: 'DEMETRA_SOURCE_DIRECTORY',
    exitCode: EXIT.inputMissing,
    hints: [`To import the files in it: \`demetra import '${folder}/*.ndjson'\``],
    context: { source: name },
  })
}

export function missingError(name: string): DemetraError {
  return new DemetraError(`There is no file ${name}`, {
    code: 'DEMETRA_SOURCE_MISSING',
    exitCode: EXIT.inputMissing,
    hints: ['Paths are relative to the working directory; `-` reads standard input'],
    context: { source: name },
  })
}

export function unreadableError(name: string, cause: unknown): DemetraError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DemetraError(`${name} cannot be read: ${reason}`, {
    code: 'DEMETRA_SOURCE_UNREADABLE',
    exitCode: EXIT.inputMissing,
    hints: [`See who may read it: \`ls -l '${name}'\``],
    context: { source: name },
    cause,
  })
}

export function changedError(name: string): DemetraError {
  return new DemetraError(`${name} was changed while it was read`, {
    code: 'DEMETRA_SOURCE_CHANGED',
    exitCode: EXIT.inputMissing,
    hints: [
      'Repeat the command when it is written no more; an import with --restart, to read all of it anew',
    ],
    context: { source: name },
  })
}

function noMatchError(pattern: string): DemetraError {
  return new DemetraError(`No file matches ${pattern}`, {
    code: 'DEMETRA_SOURCE_NO_MATCH',
    exitCode: EXIT.inputMissing,
    hints: [`See what is there: \`ls -d ${pattern}\``],
    context: { source: pattern },
  })
}
