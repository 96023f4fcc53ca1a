import { DemetraError, EXIT } from '../errors.ts'
import type { Generation } from './report-store.ts'

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u
const RESERVED = /^(demetra_|sqlite_|pg_|system\.)|__g\d+$/iu

/** Throws DEMETRA_REPORT_NAME (exit 2) where a projection's name cannot name a report. */
export function checkReportName(name: string): void {
  const view = viewName(name)
  const problem = !NAME.test(name)
    ? 'it is made of letters, digits, - _ and .'
    : RESERVED.test(view)
      ? 'names that begin with demetra_ or end with __g and a number are for Demetra'
      : Buffer.byteLength(view) > 50
        ? 'it is longer than 50 bytes'
        : null
  if (problem === null) return
  throw new DemetraError(`'${name}' cannot be the name of a report: ${problem}`, {
    code: 'DEMETRA_REPORT_NAME',
    exitCode: EXIT.usage,
    hints: ['Rename the file of the projection'],
  })
}

/** The view, and the first part of the tables' names. */
export function viewName(name: string): string {
  return name.replaceAll('-', '_')
}

/** Of the rows of a generation. */
export function tableName({ name, generation }: Generation): string {
  return `${viewName(name)}__g${generation}`
}

/** Of its memory, beside the rows. */
export function memoryName(table: string): string {
  return `${table}_memory`
}

/** Two projections, or something else in the database, want the same table. */
export function nameTaken(name: string, relation: string, store: string): DemetraError {
  return new DemetraError(`The report ${name} needs the name '${relation}', which is taken in ${store}`, {
    code: 'DEMETRA_REPORT_NAME_TAKEN',
    exitCode: EXIT.failed,
    hints: ['Rename the file of the projection, or use another report store'],
    context: { report: name, relation },
  })
}

export function otherEventStore(report: { name: string; eventStoreId: string }, store: string): DemetraError {
  const message = `The report ${report.name} in ${store} is filled from another event store (${report.eventStoreId})`
  return new DemetraError(message, {
    code: 'DEMETRA_REPORT_OF_OTHER_STORE',
    exitCode: EXIT.failed,
    hints: [
      'Check `store` and `reports` in the configuration; each event store needs a report store of its own',
    ],
    context: { report: report.name, eventStore: report.eventStoreId },
  })
}
