import { sqlState } from './errors.ts'

/** A table or column is missing, or of another type or key than it was made with. */
const CHANGED = new Set(['42P01', '42703', '42804', '42883', '42846', '42P10', '42P18', '42809'])

export function isTableTrouble(error: unknown): error is Error {
  return CHANGED.has(sqlState(error))
}
