import { didYouMean } from '../text/did-you-mean.ts'
import type { Column } from './columns.ts'
import { invalidProjection } from './invalid-projection.ts'

/** `hide`: columns of the row that the view leaves out. Throws DEMETRA_PROJECTION_DEFINITION. */
export function hiddenColumns(
  hide: unknown,
  keys: readonly Column[],
  columns: readonly Column[],
): readonly string[] {
  if (hide === undefined) return []
  const names = stringList(hide, 'hide')
  for (const name of names) {
    if (keys.some((key) => key.name === name)) {
      throw invalidProjection(`'hide' names '${name}', which is of the key: the key is always shown`)
    }
    checkKnown(name, columns, 'hide')
  }
  if (names.length > 0 && names.length === columns.length) {
    throw invalidProjection("'hide' names every column: nothing would be shown but the key")
  }
  return names
}

/** `indexes`: names of columns, or lists of them. Throws DEMETRA_PROJECTION_DEFINITION. */
export function indexLists(indexes: unknown, columns: readonly Column[]): readonly (readonly string[])[] {
  if (indexes === undefined) return []
  if (!Array.isArray(indexes))
    throw invalidProjection("'indexes' is a list of columns, or of lists of columns")
  return (indexes as unknown[]).map((index) => {
    const names = typeof index === 'string' ? [index] : stringList(index, 'indexes')
    if (names.length === 0) throw invalidProjection("'indexes' holds an empty list")
    for (const name of names) {
      checkKnown(name, columns, 'indexes')
      if (columns.find((column) => column.name === name)?.type === 'json') {
        throw invalidProjection(`'indexes' names '${name}', which holds nested values`)
      }
    }
    return names
  })
}

function stringList(given: unknown, part: string): string[] {
  if (Array.isArray(given) && given.every((name) => typeof name === 'string')) return [...new Set(given)]
  throw invalidProjection(`'${part}' is a list of columns`)
}

function checkKnown(name: string, columns: readonly Column[], part: string): void {
  const known = columns.map((column) => column.name)
  if (!known.includes(name)) {
    throw invalidProjection(
      `'${part}' names the column '${name}', which there is not${didYouMean(name, known)}`,
    )
  }
}
