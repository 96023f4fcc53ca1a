import type { $ZodType } from 'zod/v4/core'
import { DemetraError, EXIT } from '../errors.ts'

/**
 * What Demetra looks at in a zod schema. By its parts, never by `instanceof`: the user's zod may be another
 * copy than ours.
 */
export interface SchemaDef {
  type: string
  coerce?: boolean
  normalize?: boolean
  format?: string
  checks?: unknown[]
  innerType?: $ZodType
  defaultValue?: unknown
  getter?: () => $ZodType
  shape?: Record<string, $ZodType>
  catchall?: $ZodType
  element?: $ZodType
  items?: $ZodType[]
  rest?: $ZodType | null
  keyType?: $ZodType
  valueType?: $ZodType
  options?: $ZodType[]
  values?: unknown[]
  entries?: Record<string, string | number>
  left?: $ZodType
  right?: $ZodType
}

/* oxlint-disable no-underscore-dangle -- zod's own name for what its parts are made of */
export function schemaDef(schema: $ZodType): SchemaDef {
  return schema._zod.def
}

/** The checks that a schema makes beside its type, as `min_length`, `overwrite`. */
export function schemaChecks(def: SchemaDef): { check: string; format?: string }[] {
  return (def.checks ?? []).map(
    (check) => (check as { _zod: { def: { check: string; format?: string } } })._zod.def,
  )
}

/** A zod schema, of whatever copy of zod. */
export function isSchema(value: unknown): value is $ZodType {
  if (typeof value !== 'object' || value === null || !('_zod' in value)) return false
  const inside = value._zod as { def?: { type?: unknown } } | null
  return typeof inside?.def?.type === 'string'
}
/* oxlint-enable no-underscore-dangle */

const CHANGING: Readonly<Record<string, string>> = {
  transform: 'transforms',
  pipe: 'pipes',
  default: 'fills in a default',
  prefault: 'fills in a default',
  catch: 'replaces what does not fit',
  success: 'replaces its value',
  promise: 'waits for its value',
}

/**
 * Throws DEMETRA_SCHEMA_CHANGES_VALUES (exit 1) where a schema would change what it checks: a stored fact and
 * a report's row are what they are. `what` names the schema, `hint` says what to do instead.
 */
export function refuseChangingSchema(schema: $ZodType, what: string, hint: string): void {
  const found = findChange(schema, '', new Set())
  if (found === null) return
  throw new DemetraError(`${what} ${found}; a schema may check values, not change them`, {
    code: 'DEMETRA_SCHEMA_CHANGES_VALUES',
    exitCode: EXIT.failed,
    hints: [hint],
  })
}

function findChange(schema: $ZodType, path: string, seen: Set<$ZodType>): string | null {
  if (seen.has(schema)) return null
  seen.add(schema)
  const def = schemaDef(schema)
  const at = path === '' ? '' : ` at ${path}`
  if (def.coerce === true) return `coerces${at}`
  const change = CHANGING[def.type]
  if (change !== undefined) return `${change}${at}`
  if (def.normalize === true) return `normalizes${at}`
  if (schemaChecks(def).some(({ check }) => check === 'overwrite')) return `rewrites text${at}`
  for (const [child, childPath] of schemaChildren(def, path)) {
    const found = findChange(child, childPath, seen)
    if (found !== null) return found
  }
  return null
}

/** The schemas inside a schema, each with its path. */
export function* schemaChildren(def: SchemaDef, path: string): Generator<[$ZodType, string]> {
  for (const [name, child] of Object.entries(def.shape ?? {}))
    yield [child, path === '' ? name : `${path}.${name}`]
  const elements = [def.element, ...(def.items ?? []), def.rest, def.valueType, def.catchall]
  for (const child of elements) if (isSchema(child)) yield [child, `${path}[]`]
  const same = [def.innerType, def.keyType, def.left, def.right, ...(def.options ?? []), def.getter?.()]
  for (const child of same) if (isSchema(child)) yield [child, path]
}
