import { DemetraError, EXIT } from '../errors.ts'
import type { Generation } from './report-store.ts'

/** Somebody has changed the table of a generation that is there. `found`: what the database says of it. */
export function tableChanged(
  { name, generation }: Generation,
  url: string,
  found: string,
  cause?: unknown,
): DemetraError {
  const message = `The tables of the report ${name} in ${url} are not as Demetra made them (${found})`
  return new DemetraError(message, {
    code: 'DEMETRA_REPORT_TABLE_CHANGED',
    exitCode: EXIT.failed,
    hints: [`Make the report anew: \`demetra replay ${name}\``],
    context: { report: name, generation },
    cause,
  })
}
