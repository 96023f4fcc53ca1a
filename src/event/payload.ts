import { EventError } from './assemble.ts'
import { canonicalExact, canonicalPlain } from './canonical.ts'
import { kindName, writeExact, type ExactJson } from './exact-json.ts'
import { readExact } from './read-exact.ts'

/** A payload as an event keeps it: exact text and canonical form. */
export interface ReadPayload {
  payload: string
  canonicalPayload: string
}

/** The text of a payload. Throws EventError naming `where` it stood. */
export function readPayload(text: string, where: string): ReadPayload {
  const plain = text.includes('\\u') ? null : readPlainPayload(text)
  if (plain !== null) return plain
  return payloadOf(readExact(text, { where }), where)
}

export function payloadOf(value: ExactJson | undefined, where: string): ReadPayload {
  if (typeof value !== 'object' || value === null || value.kind !== 'object') {
    throw new EventError('invalid-payload', `${where}: expected an object, got ${kindName(value)}`)
  }
  return { payload: writeExact(value), canonicalPayload: canonicalExact(value) }
}

function readPlainPayload(text: string): ReadPayload | null {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value) || JSON.stringify(value) !== text)
      return null
    const canonicalPayload = canonicalPlain(value)
    return canonicalPayload === null ? null : { payload: text, canonicalPayload }
  } catch {
    return null
  }
}
