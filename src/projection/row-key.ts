import { didYouMean } from '../text/did-you-mean.ts'
import type { Column } from './columns.ts'

/** The key of a row: its values in the order of the key's columns, and what no other key has. */
export interface RowKey {
  readonly values: readonly unknown[]
  readonly identity: KeyIdentity
}

/** For a Map. */
export type KeyIdentity = string | number

/** What is wrong with what `at` returned. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}

/** The rows that `at` named, each once. Throws KeyError. */
export function rowKeys(columns: readonly Column[], result: unknown): RowKey[] {
  if (result === null || result === undefined) return []
  if (!Array.isArray(result)) return [rowKey(columns, result)]
  const keys = new Map<KeyIdentity, RowKey>()
  for (const one of result) {
    const key = rowKey(columns, one)
    keys.set(key.identity, key)
  }
  return [...keys.values()]
}

function rowKey(columns: readonly Column[], given: unknown): RowKey {
  if (typeof given !== 'object' || given === null) {
    throw new KeyError(`'at' returned ${String(given)}, expected the key of a row, a list of them or null`)
  }
  const object = given as Record<string, unknown>
  const values: unknown[] = []
  for (const { name, check } of columns) {
    const value = object[name]
    const problem = value === undefined ? 'it is not set' : check(value)
    if (problem !== null) throw unfitKey(object, name, problem)
    values.push(value instanceof Date ? new Date(value) : value)
  }
  // counted without a list of them: this is done for every event
  let members = 0
  for (const _ in object) members += 1
  if (members > columns.length) refuseUnknown(columns, Object.keys(object))
  return { values, identity: identityOf(values) }
}

function unfitKey(given: object, name: string, problem: string): KeyError {
  if (isPromise(given)) return new KeyError("'at' returned a promise; it must be synchronous")
  return new KeyError(`'at' returned a key whose '${name}' does not fit: ${problem}`)
}

function refuseUnknown(columns: readonly Column[], names: readonly string[]): void {
  const known = columns.map((column) => column.name)
  const unknown = names.find((name) => !known.includes(name))
  // inherited ones were counted too
  if (unknown === undefined) return
  throw new KeyError(`'at' returned '${unknown}', which is not of the key${didYouMean(unknown, known)}`)
}

/** What no other key of the same columns has; each column holds values of one type. */
export function identityOf(values: readonly unknown[]): KeyIdentity {
  const [first] = values
  if (values.length === 1 && (typeof first === 'string' || typeof first === 'number')) return first
  let text = ''
  // a text says how long it is, so that none can be taken for two
  for (const value of values) {
    if (typeof value === 'string') text += `${value.length}:${value}`
    else text += `${value instanceof Date ? value.getTime() : String(value)},`
  }
  return text
}

/** What an asynchronous function gives back by mistake. */
export function isPromise(value: unknown): boolean {
  return value instanceof Object && 'then' in value && typeof value.then === 'function'
}

/** `country=IT, day=2016-01-01`, for people. */
export function keyText(columns: readonly Column[], values: readonly unknown[]): string {
  return columns.map(({ name }, i) => `${name}=${valueText(values[i])}`).join(', ')
}

function valueText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}
