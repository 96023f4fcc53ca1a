import type { $ZodType } from 'zod/v4/core'
import { isSchema, refuseChangingSchema, schemaChildren, schemaDef } from '../event/checking-schema.ts'
import type { ReportColumn } from '../report-store/report-column.ts'
import { columnCheck, type ColumnCheck } from './column-check.ts'
import { columnFacts, unwrap } from './column-type.ts'
import { invalidProjection } from './invalid-projection.ts'
import type { Shape } from './types.ts'

/** A column as the fold needs it. */
export interface Column extends ReportColumn {
  /** Not set is as good as any value. */
  readonly optional: boolean
  /** The value of a fresh row; a new one at each call. */
  readonly fresh: () => unknown
  readonly check: ColumnCheck
}

/** The columns of `key`, in their order. Throws DEMETRA_PROJECTION_DEFINITION. */
export function keyColumns(shape: Shape): Column[] {
  const names = columnNames(shape, 'key')
  if (names.length === 0) throw invalidProjection('the key has no column')
  return names.map((name) => {
    const schema = shape[name] as $ZodType
    const { inner, optional, nullable, initial } = unwrap(schema)
    if (optional || nullable || initial !== undefined) {
      throw invalidProjection(`the key column '${name}' must always be set: no optional, nullable or default`)
    }
    const column = makeColumn(name, schema, inner, true)
    if (column.type === 'json' || column.type === 'decimal') {
      throw invalidProjection(`the key column '${name}' cannot be of type ${column.type}`)
    }
    return column
  })
}

/** The columns of `row`, in their order. Throws DEMETRA_PROJECTION_DEFINITION. */
export function rowColumns(shape: Shape, keys: readonly Column[]): Column[] {
  const taken = new Map(keys.map((key) => [key.name.toLowerCase(), key.name]))
  return columnNames(shape, 'row', taken).map((name) => {
    const schema = shape[name] as $ZodType
    const { inner } = unwrap(schema)
    return makeColumn(name, schema, inner, false)
  })
}

function makeColumn(name: string, schema: $ZodType, inner: $ZodType, key: boolean): Column {
  refuseChangingSchema(inner, `The column '${name}'`, 'Let the handler write the value as it is to be kept')
  const { optional, nullable, initial } = unwrap(schema)
  const bare = withoutNull(inner)
  const facts = bare.inner === null ? 'null alone has no column type' : columnFacts(bare.inner)
  if (typeof facts === 'string') throw invalidProjection(`the column '${name}': ${facts}`)
  const mayBeNull = nullable || bare.hasNull
  if (optional && mayBeNull) {
    const why = 'in a database, not set and null are the same'
    throw invalidProjection(`the column '${name}' is both optional and nullable: ${why}; choose one`)
  }
  if (facts.type === 'json' && bare.inner !== null) refuseUnlikeJson(name, bare.inner)
  const check = columnCheck(bare.inner ?? inner, facts.type)
  const first = initial?.()
  const problem = initial === undefined || (first === null && mayBeNull) ? null : check(first)
  if (problem !== null) throw invalidProjection(`the default of the column '${name}': ${problem}`)
  return {
    name,
    type: facts.type,
    key,
    required: !key && !optional && initial === undefined,
    nullable: mayBeNull,
    optional,
    ...(facts.scale === undefined ? undefined : { scale: facts.scale }),
    ...(initial === undefined ? undefined : { initial: initialText(first) }),
    fresh: initial === undefined ? () => undefined : freshOf(initial, first),
    check,
  }
}

/** `z.union([…, z.null()])` is a nullable column too. */
function withoutNull(schema: $ZodType): { inner: $ZodType | null; hasNull: boolean } {
  const def = schemaDef(schema)
  if (def.type === 'null') return { inner: null, hasNull: true }
  if (def.type !== 'union' || def.options === undefined) return { inner: schema, hasNull: false }
  const rest = def.options.filter((option) => schemaDef(option).type !== 'null')
  if (rest.length === def.options.length) return { inner: schema, hasNull: false }
  return { inner: rest.length === 1 ? (rest[0] as $ZodType) : schema, hasNull: true }
}

const UNLIKE_JSON = new Set('date bigint map set symbol function undefined void nan never file'.split(' '))

/** What comes back from the database must be what went in, so nested values are JSON through and through. */
function refuseUnlikeJson(name: string, schema: $ZodType, seen = new Set<$ZodType>()): void {
  if (seen.has(schema)) return
  seen.add(schema)
  const { type } = schemaDef(schema)
  if (UNLIKE_JSON.has(type)) {
    throw invalidProjection(`the column '${name}' holds nested values, which are JSON: z.${type}() is none`)
  }
  for (const [child] of schemaChildren(schemaDef(schema), '')) refuseUnlikeJson(name, child, seen)
}

/** A default given as a value is one object for all rows, so each row gets a copy. */
function freshOf(initial: () => unknown, first: unknown): () => unknown {
  if (typeof first !== 'object' || first === null) return initial
  return () => structuredClone(initial())
}

function initialText(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'undefined')
}

function columnNames(shape: Shape, part: 'key' | 'row', taken = new Map<string, string>()): string[] {
  if (typeof shape !== 'object' || shape === null || isSchema(shape)) {
    throw invalidProjection(`'${part}' is an object of columns, each with its zod schema`)
  }
  const names = Object.keys(shape)
  for (const name of names) {
    const problem = nameProblem(name)
    if (problem !== null) throw invalidProjection(`the column '${name}' ${problem}`)
    if (!isSchema(shape[name])) throw invalidProjection(`the column '${name}' has no zod schema`)
    // databases compare names without case
    const before = taken.get(name.toLowerCase())
    if (before !== undefined)
      throw invalidProjection(`the columns '${before}' and '${name}' have the same name`)
    taken.set(name.toLowerCase(), name)
  }
  return names
}

function nameProblem(name: string): string | null {
  if (name === '' || name === '__proto__') return 'cannot be called so'
  if (name.includes('\0') || !name.isWellFormed()) return 'cannot be called so'
  if (name.toLowerCase().startsWith('demetra_')) return "cannot be called so: 'demetra_' is for Demetra's own"
  if (Buffer.byteLength(name) > 63) return 'has a name of over 63 bytes'
  return null
}
