import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { DemetraError, EXIT } from '../errors.ts'
import { lastUserFile } from './resolve-hook.ts'

/** Says what is wrong with a user's file, and what to do, instead of what Node's loader says. */
export function loaderError(thrown: unknown, file: string): unknown {
  if (thrown instanceof Error && thrown.name === 'DemetraError') return withFile(thrown as DemetraError, file)
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code = '' } = error as NodeJS.ErrnoException
  // a syntax error of plain JavaScript does not say where it is
  const place = placeOf(error) ?? (error instanceof SyntaxError ? lastUserFile() : null) ?? file
  const [message, ...hints] = explain(code, error, place)
  return new DemetraError(message, {
    code: 'DEMETRA_FILE_BROKEN',
    exitCode: EXIT.failed,
    hints,
    context: { file: place },
    cause: thrown,
  })
}

function explain(code: string, error: Error, place: string): [string, ...string[]] {
  const said = stripVTControlCharacters(error.message)
  const short = nameOf(place)
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return [
        `${short}: TypeScript that is more than types: ${said}`,
        'Node takes the types away and compiles nothing: write a union instead of an enum, a field instead of a ' +
          'parameter property',
      ]
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return [`${short} cannot be read: ${said}`]
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return [
        `${short}: Node takes no types out of files under node_modules`,
        'keep the project outside of node_modules, or publish the shared files as .js',
      ]
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return [`${short}: ${said}`, 'user files end in .ts or .js']
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
    case 'ERR_MODULE_NOT_FOUND':
      return missingModule(said, short)
  }
  if (error instanceof SyntaxError) {
    const decorators = said === 'Invalid or unexpected token'
    return [
      `${short} cannot be read: ${said}`,
      ...(decorators ? ['decorators are not among what Node can read'] : []),
    ]
  }
  return [`${short} threw ${error.name} while it was loaded: ${said}`]
}

function missingModule(said: string, short: string): [string, ...string[]] {
  const missing = /Cannot find (?:module|package) '([^']*)'|Directory import '([^']*)'/u.exec(said)
  const wanted = missing?.[1] ?? missing?.[2] ?? ''
  if (said.startsWith('Cannot find package')) {
    return [
      `${short} imports '${wanted}', which is not installed`,
      `\`npm install ${wanted}\` in the project's folder`,
    ]
  }
  return [
    `${short} imports ${nameOf(wanted)}, which is not there`,
    "a relative import is written with its ending: './payment.ts'",
  ]
}

function withFile(error: DemetraError, file: string): DemetraError {
  if ('file' in error.context) return error
  const { code, exitCode, hints, context, cause } = error
  return new DemetraError(`${nameOf(file)}: ${error.message}`, {
    code: code as `DEMETRA_${string}`,
    exitCode,
    hints,
    context: { file, ...context },
    cause,
  })
}

/** `FILE:LINE` where the stack or the message names one. */
function placeOf(error: Error): string | null {
  const imported = /imported from (.+)$/mu.exec(error.message)
  if (imported?.[1] !== undefined) return toPath(imported[1])
  const match = /^\s*(?:at .*?\(?)?((?:file:\/\/)?\/[^\s()]+?\.[cm]?[jt]s:\d+)(?::\d+)?\)?\s*$/mu.exec(
    error.stack ?? '',
  )
  return match?.[1] === undefined || match[1].includes('/node_modules/') ? null : toPath(match[1])
}

function toPath(place: string): string {
  return place.startsWith('file://') ? fileURLToPath(place) : place
}

function nameOf(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}
