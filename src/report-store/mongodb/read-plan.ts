import type { Document } from 'mongodb'
import { literal } from '../../event-store/mongodb/change.ts'
import type { ReportColumn } from '../report-column.ts'
import type { ReportCondition, ReportQuery, ReportStatus } from '../report-store.ts'
import { committedExpression, type Marks } from './commit-marks.ts'
import { BEFORE, COMMIT, WAITING } from './schema.ts'
import { JsonText, toBson } from './values.ts'

const OPERATORS = { '=': '$eq', '!=': '$ne', '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' } as const
/** A row that was written twice since the last commit that is known: what it was, nobody knows any more. */
export const LOST = 'demetra_lost'

/** Shown rows in order. With `marks`, as they were then, whatever is written meanwhile. */
export function readPlan(report: ReportStatus, query: ReportQuery, marks: Marks | null): Document[] {
  const byName = (name: string): ReportColumn => {
    const column = report.columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw new TypeError(`no column '${name}'`)
    return column
  }
  const conditions = (query.where ?? []).map((condition) => conditionOf(byName(condition.column), condition))
  const shown = { $and: [{ [WAITING]: { $exists: false } }, ...conditions] }
  const order = (query.order ?? []).map(({ column, descending }, i) => orderOf(byName(column), i, descending))
  const added = Object.assign({}, ...order.map(({ fields }) => fields)) as Document
  const sort = Object.assign({}, ...order.map((each) => each.sort), { _id: 1 }) as Document
  return [
    ...(marks === null ? [{ $match: shown }] : [asOf(marks), { $match: { $or: [{ [LOST]: true }, shown] } }]),
    ...(marks === null ? [] : [{ $unset: BEFORE }]),
    ...(order.length === 0 ? [] : [{ $set: added }]),
    { $sort: marks === null ? sort : { [LOST]: -1, ...sort } },
    ...(query.limit === undefined ? [] : limited(query.limit)),
  ]
}

/** Each row, or the row before, whichever was committed; a row that nobody knows comes first. */
function asOf(marks: Marks): Document {
  const before = { $mergeObjects: [`$${BEFORE}`, { _id: '$_id' }] }
  const isNew = { $eq: [{ $ifNull: [`$${BEFORE}`, null] }, null] }
  const isKnown = committedExpression(`$${BEFORE}.${COMMIT}`, marks)
  const uncommitted = { $cond: [isNew, { [WAITING]: true }, { $cond: [isKnown, before, { [LOST]: true }] }] }
  return { $replaceWith: { $cond: [committedExpression(`$${COMMIT}`, marks), '$$ROOT', uncommitted] } }
}

function conditionOf(column: ReportColumn, { comparison, value }: ReportCondition): Document {
  const operator = OPERATORS[comparison] as (typeof OPERATORS)[keyof typeof OPERATORS] | undefined
  if (operator === undefined) throw new TypeError(`no comparison '${comparison}'`)
  const given = value === null || value === undefined ? null : toBson(column, value)
  // an operator of queries would look into the values of a list as well
  if (column.type === 'json') return jsonCondition(column, operator, given)
  return { [column.name]: { [operator]: given } }
}

/** Nested values are compared as MongoDB compares them, whole. */
function jsonCondition(column: ReportColumn, operator: string, given: unknown): Document {
  const wanted = given instanceof JsonText ? given.text : given
  const field = { $ifNull: [`$${column.name}`, null] }
  const isCompared = { $expr: { [operator]: [field, literal(wanted)] } }
  if (given === null || operator === '$eq' || operator === '$ne') return isCompared
  return { $and: [{ [column.name]: { $exists: true } }, isCompared] }
}

/** What is not set is last, either way: MongoDB takes it for the smallest. */
function orderOf(
  column: ReportColumn,
  at: number,
  descending: boolean | undefined,
): { fields: Document; sort: Document } {
  const [flag, value] = [`demetra_unset_${at}`, `demetra_value_${at}`]
  const field = `$${column.name}`
  const fields = { [flag]: { $lte: [field, null] } }
  const direction = descending === true ? -1 : 1
  // a list would be sorted by one of its values; within an object it is a value as others are
  if (column.type === 'json') {
    return { fields: { ...fields, [value]: { value: field } }, sort: { [flag]: 1, [value]: direction } }
  }
  return { fields, sort: { [flag]: 1, [column.name]: direction } }
}

/** `$limit` takes no zero. */
function limited(limit: number): Document[] {
  return limit > 0 ? [{ $limit: limit }] : [{ $match: { $expr: false } }]
}
