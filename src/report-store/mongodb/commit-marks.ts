import type { Document } from 'mongodb'
import { COMMIT, BEFORE, type CommitMarks } from './schema.ts'

/** What is known of a generation's commits at one moment. */
export type Marks = Pick<CommitMarks, 'last_commit' | 'torn'>

export function isCommitted(number: number, { last_commit: last, torn }: Marks): boolean {
  return number <= last && torn.every(({ commit }) => commit !== number)
}

/**
 * The row as it was with the last commit; null: there was none. `undefined`: it has been written twice since, so that
 * nobody knows any more.
 */
export function committedRow(found: Document, marks: Marks): Document | null | undefined {
  if (isCommitted(found[COMMIT] as number, marks)) return found
  const before = found[BEFORE] as Document | null | undefined
  if (before === undefined || before === null) return null
  return isCommitted(before[COMMIT] as number, marks) ? { ...before, _id: found['_id'] } : undefined
}

/** The same in a pipeline, for the field that holds the number. */
export function committedExpression(field: string, { last_commit: last, torn }: Marks): Document {
  return { $and: [{ $lte: [field, last] }, { $not: [{ $in: [field, tornNumbers({ torn })] }] }] }
}

export function tornNumbers({ torn }: Pick<Marks, 'torn'>): number[] {
  return torn.map(({ commit }) => commit)
}
