import { formatError } from './format-error.ts'
import {
  clockHourStep,
  fractionStep,
  halfDayStep,
  literalStep,
  monthNameStep,
  numberStep,
  offsetStep,
  shortYearStep,
  weekdayStep,
  type Step,
} from './format-steps.ts'

type Field =
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'clock hour'
  | 'minute'
  | 'second'
  | 'half'
  | 'offset'
  | 'name'
  | 'fraction'

const TOKENS: Readonly<Record<string, [Field, Step]>> = {
  yyyy: ['year', numberStep('year', 4, 4)],
  yy: ['year', shortYearStep],
  MMMM: ['month', monthNameStep(false)],
  MMM: ['month', monthNameStep(true)],
  MM: ['month', numberStep('month', 2, 2)],
  M: ['month', numberStep('month', 1, 2)],
  dd: ['day', numberStep('day', 2, 2)],
  d: ['day', numberStep('day', 1, 2)],
  HH: ['hour', numberStep('hour', 2, 2)],
  H: ['hour', numberStep('hour', 1, 2)],
  hh: ['clock hour', clockHourStep(2)],
  h: ['clock hour', clockHourStep(1)],
  mm: ['minute', numberStep('minute', 2, 2)],
  m: ['minute', numberStep('minute', 1, 2)],
  ss: ['second', numberStep('second', 2, 2)],
  s: ['second', numberStep('second', 1, 2)],
  a: ['half', halfDayStep],
  EEEE: ['name', weekdayStep(false)],
  EEE: ['name', weekdayStep(true)],
  XXX: ['offset', offsetStep],
  XX: ['offset', offsetStep],
  X: ['offset', offsetStep],
  Z: ['offset', offsetStep],
}

/** What people bring along from other libraries. */
const MEANT: Readonly<Record<string, string>> = {
  YYYY: 'yyyy',
  YY: 'yy',
  DD: 'dd',
  D: 'd',
  A: 'a',
  ZZ: 'XXX',
  T: "'T'",
  n: 'S',
}

const PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g

export interface DateFormat {
  steps: Step[]
  hasOffset: boolean
}

/** Throws DemetraError (exit 2). */
export function readFormat(format: string): DateFormat {
  const parts = [...format.matchAll(PART)]
  const fields: Field[] = []
  const steps = parts.map(([part, literal, letter], index) => {
    if (literal !== undefined) return literalStep(literal === '' ? "'" : literal.replaceAll("''", "'"))
    if (part === "'") throw invalid(format, 'has a quote that is not closed', "Write '' for a quote")
    if (letter === undefined) return literalStep(part)
    const [field, step] =
      letter === 'S' && part.length < 10 ? fraction(part, parts[index + 1]?.[0]) : known(format, part)
    if (fields.includes(field)) throw invalid(format, `has the ${field} twice`, 'Take one of them out')
    fields.push(field)
    return step
  })
  check(format, new Set(fields))
  return { steps, hasOffset: fields.includes('offset') }
}

function fraction(part: string, next: string | undefined): [Field, Step] {
  const digitsFollow = next !== undefined && /^([yMdHhms])\1*$/.test(next) && !/^M{3,}/.test(next)
  return ['fraction', fractionStep(digitsFollow ? part.length : null)]
}

function known(format: string, part: string): [Field, Step] {
  const token = TOKENS[part]
  if (token !== undefined) return token
  const meant = MEANT[part]
  throw invalid(
    format,
    `has the token ${part}, which is not known; known are ${Object.keys(TOKENS).join(' ')} S to SSSSSSSSS and literals in quotes ('T')`,
    meant === undefined ? `If it is text, put it in quotes: '${part}'` : `Write ${meant} for ${part}`,
  )
}

function check(format: string, fields: ReadonlySet<Field>): void {
  for (const field of ['year', 'month', 'day'] as const) {
    if (!fields.has(field)) throw invalid(format, `has no ${field}`, 'For example yyyy-MM-dd HH:mm:ss')
  }
  if (fields.has('hour') && fields.has('clock hour'))
    throw invalid(format, 'has the hour twice', 'H counts from 0 to 23, h from 1 to 12')
  if (fields.has('clock hour') !== fields.has('half'))
    throw invalid(
      format,
      'has one of h and a without the other',
      'H counts from 0 to 23, h and a go together',
    )
}

function invalid(format: string, what: string, hint: string): Error {
  return formatError(format, 'DEMETRA_DATE_FORMAT', what, hint)
}
