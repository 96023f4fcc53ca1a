import { didYouMean } from '../text/did-you-mean.ts'
import type { StoredRow } from '../report-store/report-store.ts'
import type { KeyedFold, Projection, RowState } from './projection.ts'

/** What a row waits for besides its columns: the projection's `complete`. */
export const COMPLETE = '(complete)'

/** A row in a handler's hands. Its key cannot be written, and it takes no other column than its own. */
export function rowState(projection: KeyedFold, key: readonly unknown[], stored: StoredRow | null): RowState {
  const row: RowState = {}
  for (const [i, column] of projection.keys.entries()) {
    // handlers get a copy of what they could change
    const value = key[i] instanceof Date ? new Date(key[i]) : key[i]
    Object.defineProperty(row, column.name, { value, enumerable: true })
  }
  for (const [i, column] of projection.columns.entries()) {
    row[column.name] = stored === null ? column.fresh() : stored.values[i]
  }
  return Object.preventExtensions(row)
}

/** What is wrong with a row as a handler left it; null where nothing is. */
export function rowProblem(projection: KeyedFold, row: RowState): string | null {
  for (const column of projection.columns) {
    const value = row[column.name]
    if (value === undefined) {
      if (column.required || column.optional) continue
      return `the column '${column.name}' was unset, and is neither required nor optional`
    }
    if (value === null && column.nullable) continue
    const problem = column.check(value)
    if (problem !== null) return `the column '${column.name}': ${problem}`
  }
  return null
}

/** The row as it is stored. Runs `complete`, which may throw. */
export function storedRow(
  projection: KeyedFold & Partial<Pick<Projection, 'complete'>>,
  row: RowState,
): StoredRow {
  const values: unknown[] = []
  const waiting: string[] = []
  for (const column of projection.columns) {
    const value = row[column.name]
    values.push(value)
    if (column.required && value === undefined) waiting.push(column.name)
  }
  const { complete = null } = projection
  if (waiting.length === 0 && complete !== null && !complete(row)) waiting.push(COMPLETE)
  return { values, waiting }
}

/** What a handler did that a row refuses, in words; other errors as they are. */
export function rowRefusal(projection: KeyedFold, error: unknown): string | null {
  if (!(error instanceof TypeError)) return null
  const columns = projection.columns.map((column) => column.name)
  const added = /^Cannot add property (.+), object is not extensible$/su.exec(error.message)?.[1]
  if (added !== undefined) return `the row has no column '${added}'${didYouMean(added, columns)}`
  const written = /^Cannot assign to read only property '(.+)' of object/su.exec(error.message)?.[1]
  if (written !== undefined && projection.keys.some((key) => key.name === written)) {
    return `'${written}' is of the row's key, which cannot change`
  }
  return null
}
