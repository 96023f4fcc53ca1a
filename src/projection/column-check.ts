import type { $ZodType } from 'zod/v4/core'
import { schemaDef } from '../event/checking-schema.ts'
import type { ColumnType } from '../report-store/report-column.ts'

/** What is wrong with a value that is neither unset nor null; null where nothing is. */
export type ColumnCheck = (value: unknown) => string | null

const MAX_BIGINT = (1n << 63n) - 1n
const MIN_BIGINT = -(1n << 63n)

/** Bare schemas are checked by hand; zod explains what does not fit, and checks all others. */
export function columnCheck(schema: $ZodType, type: ColumnType): ColumnCheck {
  const byZod = zodCheck(schema)
  if (type === 'text' && isBare(schema, 'string')) {
    return (value) => (typeof value === 'string' ? textProblem(value) : byZod(value))
  }
  if (type === 'integer' && isBare(schema, 'number')) {
    return (value) => (Number.isSafeInteger(value) ? null : byZod(value))
  }
  if (type === 'timestamp' && isBare(schema, 'date')) {
    return (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? null : byZod(value))
  }
  if (type === 'boolean' && isBare(schema, 'boolean')) {
    return (value) => (typeof value === 'boolean' ? null : byZod(value))
  }
  return (value) => byZod(value) ?? storeProblem(value, type)
}

/** No checks beside the type itself; `z.int()` is the number of a whole-number column. */
function isBare(schema: $ZodType, type: string): boolean {
  const def = schemaDef(schema)
  if (def.type !== type || (def.checks?.length ?? 0) > 0) return false
  return def.format === undefined || def.format === 'safeint'
}

function zodCheck(schema: $ZodType): ColumnCheck {
  const parser = schema as unknown as {
    safeParse(value: unknown): { error?: { issues: { path: PropertyKey[]; message: string }[] } }
  }
  return (value) => {
    const issue = parser.safeParse(value).error?.issues[0]
    if (issue === undefined) return null
    const path = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
    return path + issue.message.replace(/^Invalid input: /, '')
  }
}

/** What zod accepts, but a database cannot keep. */
function storeProblem(value: unknown, type: ColumnType): string | null {
  if (typeof value === 'string') return textProblem(value)
  if (typeof value === 'bigint' && (value > MAX_BIGINT || value < MIN_BIGINT)) {
    return `${value} is beyond 64 bits`
  }
  if (type === 'json') {
    try {
      if (JSON.stringify(value) === undefined) return 'is not JSON'
    } catch (error) {
      return `is not JSON: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return null
}

function textProblem(text: string): string | null {
  return text.isWellFormed() ? null : 'is not valid Unicode: half of a surrogate pair'
}
