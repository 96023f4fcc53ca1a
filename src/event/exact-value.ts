import { EventError } from './assemble.ts'
import { MAX_NESTING, type ExactJson } from './exact-json.ts'

/**
 * A JavaScript value as JSON: what JSON.stringify would write, but bigint as a number, and an EventError
 * instead of null for NaN and infinities, instead of silence for functions.
 */
export function exactOf(value: unknown, where: string, depth = 0): ExactJson {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (value.isWellFormed()) return value
    throw new EventError('lone-surrogate', `${where}: a string holds a lone surrogate`)
  }
  if (typeof value === 'bigint') return { kind: 'number', text: String(value) }
  if (typeof value === 'number' && Number.isFinite(value))
    return { kind: 'number', text: JSON.stringify(value) }
  if (typeof value !== 'object')
    throw new EventError('invalid-payload', `${where}: a ${typeof value} is not JSON`)
  if (depth === MAX_NESTING)
    throw new EventError('nesting', `${where}: nested more than ${MAX_NESTING} levels deep`)
  if (Array.isArray(value)) {
    return {
      kind: 'array',
      items: value.map((item, i) => exactOf(item ?? null, `${where}[${i}]`, depth + 1)),
    }
  }
  if (typeof (value as Date).toJSON === 'function') return exactOf((value as Date).toJSON(), where, depth)
  const members = new Map<string, ExactJson>()
  for (const [key, member] of Object.entries(value)) {
    if (key.includes('\u0000')) throw new EventError('nul-in-key', `${where}: a key holds the character NUL`)
    if (member !== undefined) members.set(key, exactOf(member, `${where}.${key}`, depth + 1))
  }
  return { kind: 'object', members }
}
