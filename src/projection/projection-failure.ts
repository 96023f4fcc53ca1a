import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { positionTimeMs } from '../event/position.ts'
import type { StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import { DemetraError, EXIT } from '../errors.ts'
import type { ReportStatus } from '../report-store/report-store.ts'
import type { FoldFailure } from './fold.ts'

/** An event that the user's code could not handle. Everything before it is in the report. */
export function projectionFailure(name: string, event: StoredEvent, failure: FoldFailure): DemetraError {
  const id = formatUuid(event.id)
  return failureAt(name, event, failure, [
    `\`demetra show ${id}\` shows the event`,
    `Mend the projection and run \`demetra projection ${name}\` again: everything before this event is in the report`,
    `\`demetra projection ${name} --skip ${id}\` steps over it and writes that down`,
  ])
}

/** The same of a replay. `event`: null where `complete` cannot handle a row, and nobody knows any more which made it so. */
export function replayFailure(name: string, failure: FoldFailure, event: StoredEvent | null): DemetraError {
  const again = `Mend the projection and run \`demetra replay ${name}\` again; the report is as it was before`
  if (event === null) {
    const lines = [`The replay of ${name} stopped: ${failure.message}`, ...userFrames(failure.cause)]
    return failed(lines, failure, [again], { projection: name })
  }
  return failureAt(name, event, failure, [
    `\`demetra show ${formatUuid(event.id)}\` shows the event`,
    again,
    `Where the report in use has stepped over it: \`demetra replay ${name} --keep-skips\``,
  ])
}

function failureAt(
  name: string,
  { id: bytes, type, position }: StoredEvent,
  failure: FoldFailure,
  hints: readonly string[],
): DemetraError {
  const id = formatUuid(bytes)
  const at = new Date(positionTimeMs(position)).toISOString()
  const message = `The projection ${name} stopped at the event ${id}, type ${type}, position ${position} (${at}): ${failure.message}`
  const context = { projection: name, event: id, type, position: String(position) }
  return failed([message, ...userFrames(failure.cause)], failure, hints, context)
}

function failed(
  lines: readonly string[],
  { cause }: FoldFailure,
  hints: readonly string[],
  context: Readonly<Record<string, string>>,
): DemetraError {
  return new DemetraError(lines.join('\n'), {
    code: 'DEMETRA_PROJECTION_FAILED',
    exitCode: EXIT.failed,
    hints,
    context,
    cause,
  })
}

/** Stacks name files by path or by URL. */
const OWN_FOLDERS = [import.meta.dirname + sep, `${pathToFileURL(import.meta.dirname).href}/`]

/** The frames of a stack that are the user's: those above Demetra's call, or what the user called of Demetra. */
function userFrames(cause: unknown): string[] {
  if (!(cause instanceof Error) || cause.stack === undefined) return []
  const isOwn = (line: string): boolean => OWN_FOLDERS.some((folder) => line.includes(folder))
  const frames = cause.stack.split('\n').filter((line) => /^\s+at /u.test(line))
  const from = frames.findIndex((line) => !isOwn(line))
  if (from < 0) return []
  const to = frames.findIndex((line, i) => i > from && isOwn(line))
  return frames.slice(from, to < 0 ? undefined : to).filter((line) => !/\(?node:/u.test(line))
}

export function versionChanged(report: ReportStatus, version: number): DemetraError {
  const message = `The report ${report.name} was filled by version ${report.version} of its projection, which is at ${version} now; two versions are never mixed`
  return new DemetraError(message, {
    code: 'DEMETRA_PROJECTION_VERSION_CHANGED',
    exitCode: EXIT.failed,
    hints: [`\`demetra replay ${report.name}\` fills it anew`],
    context: { projection: report.name, reportVersion: report.version, version },
  })
}

export function shapeChanged(report: ReportStatus, difference: string): DemetraError {
  const message = `The columns of ${report.name} have changed, but not its version: ${difference}`
  return new DemetraError(message, {
    code: 'DEMETRA_PROJECTION_SHAPE_CHANGED',
    exitCode: EXIT.failed,
    hints: [
      `Raise \`version\` in the projection to ${report.version + 1}, then \`demetra replay ${report.name}\``,
      'Or take the change back',
    ],
    context: { projection: report.name, version: report.version },
  })
}
