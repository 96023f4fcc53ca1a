import type { $ZodType } from 'zod/v4/core'
import { schemaChecks, schemaDef, type SchemaDef } from '../event/checking-schema.ts'
import type { ColumnType } from '../report-store/report-column.ts'

/** Bare types of zod; wrappers are taken off first. */
const BY_TYPE: Readonly<Record<string, ColumnType>> = {
  string: 'text',
  template_literal: 'text',
  number: 'real',
  bigint: 'bigint',
  boolean: 'boolean',
  date: 'timestamp',
  object: 'json',
  array: 'json',
  tuple: 'json',
  record: 'json',
  any: 'json',
  unknown: 'json',
}
const WHOLE_NUMBERS = new Set(['safeint', 'int32', 'uint32'])
const WRAPPERS = new Set(['optional', 'nullable', 'default', 'nonoptional', 'readonly'])

/** What a schema says about its column. */
export interface ColumnFacts {
  type: ColumnType
  scale?: number
}

/** A schema without its wrappers, and what they said. */
export interface Unwrapped {
  inner: $ZodType
  optional: boolean
  nullable: boolean
  /** Makes the value of a fresh row. */
  initial?: () => unknown
}

export function unwrap(schema: $ZodType): Unwrapped {
  const found: Unwrapped = { inner: schema, optional: false, nullable: false }
  let def = schemaDef(schema)
  let sealed = false
  while (WRAPPERS.has(def.type) && def.innerType !== undefined) {
    const wrapper = def
    if (wrapper.type === 'nullable') found.nullable = true
    if (wrapper.type === 'nonoptional') sealed = true
    if (wrapper.type === 'optional' && !sealed) found.optional = true
    // read through the definition each time: a default given as a function makes a new value
    if (wrapper.type === 'default' && found.initial === undefined) found.initial = () => wrapper.defaultValue
    found.inner = def.innerType
    def = schemaDef(found.inner)
  }
  return found
}

/** The column type of a bare schema, or what is in the way. */
export function columnFacts(schema: $ZodType, depth = 0): ColumnFacts | string {
  const def = schemaDef(schema)
  const said = metaOf(schema)
  if (said?.['column'] === 'decimal') return { type: 'decimal', scale: Number(said['scale'] ?? 0) }
  if (def.type === 'lazy' && def.getter !== undefined) {
    return depth > 20 ? { type: 'json' } : columnFacts(unwrap(def.getter()).inner, depth + 1)
  }
  if (def.type === 'string') return { type: formatOf(def) === 'date' ? 'date' : 'text' }
  if (def.type === 'number') return { type: WHOLE_NUMBERS.has(formatOf(def) ?? '') ? 'integer' : 'real' }
  if (def.type === 'enum') return ofValues(Object.values(def.entries ?? {}))
  if (def.type === 'literal') return ofValues(def.values ?? [])
  if (def.type === 'union') return ofUnion(def.options ?? [], depth)
  if (def.type === 'intersection' && def.left !== undefined) return columnFacts(def.left, depth + 1)
  const type = BY_TYPE[def.type]
  return type === undefined ? `z.${def.type}() has no column type` : { type }
}

function formatOf(def: SchemaDef): string | undefined {
  return def.format ?? schemaChecks(def).find(({ format }) => format !== undefined)?.format
}

function ofValues(values: readonly unknown[]): ColumnFacts | string {
  if (values.every((value) => typeof value === 'string')) return { type: 'text' }
  if (values.every((value) => Number.isSafeInteger(value))) return { type: 'integer' }
  if (values.every((value) => typeof value === 'number')) return { type: 'real' }
  if (values.every((value) => typeof value === 'boolean')) return { type: 'boolean' }
  return 'its values are of several types'
}

function ofUnion(options: readonly $ZodType[], depth: number): ColumnFacts | string {
  const types = new Set<ColumnType>()
  for (const option of options) {
    const facts = columnFacts(unwrap(option).inner, depth + 1)
    if (typeof facts === 'string') {
      if (schemaDef(option).type !== 'null') return facts
      types.add('json')
    } else types.add(facts.type)
  }
  const [first] = types
  if (types.size === 1 && first !== undefined && first !== 'decimal') return { type: first }
  if (types.has('json')) return { type: 'json' }
  if (types.size === 2 && types.has('integer') && types.has('real')) return { type: 'real' }
  return `a union of ${[...types].join(' and ')} has no column type`
}

/** `.meta(…)` of classic zod schemas. */
function metaOf(schema: $ZodType): Record<string, unknown> | undefined {
  const read = (schema as { meta?: unknown }).meta
  return typeof read === 'function' ? (read.call(schema) as Record<string, unknown> | undefined) : undefined
}
