import { DemetraError, EXIT } from '../../errors.ts'
import type { Generation } from '../report-store.ts'
import { sqlState } from './errors.ts'

/** A table or column is missing, or of another type or key than it was made with. */
const CHANGED = new Set(['42P01', '42703', '42804', '42883', '42846', '42P10', '42P18', '42809'])

export function isTableTrouble(error: unknown): boolean {
  return CHANGED.has(sqlState(error))
}

/** Somebody has changed the table of a generation that is there. */
export function tableChanged({ name, generation }: Generation, url: string, cause: unknown): DemetraError {
  const found = cause instanceof Error ? cause.message : String(cause)
  const message = `The tables of the report ${name} in ${url} are not as Demetra made them (${found})`
  return new DemetraError(message, {
    code: 'DEMETRA_REPORT_TABLE_CHANGED',
    exitCode: EXIT.failed,
    hints: [`Make the report anew: \`demetra replay ${name}\``],
    context: { report: name, generation },
    cause,
  })
}
