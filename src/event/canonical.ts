import type { ExactJson } from './exact-json.ts'
import { MAX_NESTING, quote } from './exact-json.ts'

/**
 * The canonical form that digests and derived ids are taken of: keys sorted by UTF-16 unit at every depth,
 * no blanks, strings as JSON.stringify writes them, numbers by their exact decimal value as `-?digits` and
 * `e-?n` without trailing zeros (`100` is `1e2`, `0.5` is `5e-1`, `-0` is `0`).
 */
export function canonicalExact(value: ExactJson): string {
  if (typeof value === 'string') return quote(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (value.kind === 'number') return canonicalNumber(value.text)
  if (value.kind === 'array') return `[${value.items.map(canonicalExact).join(',')}]`
  let text = ''
  for (const key of [...value.members.keys()].toSorted(byUtf16)) {
    text += `${text === '' ? '' : ','}${quote(key)}:${canonicalExact(value.members.get(key) as ExactJson)}`
  }
  return `{${text}}`
}

/**
 * The same of a value that JSON.parse made of a text that JSON.stringify gives back unchanged: then its
 * numbers are exact and no key was lost. Returns null where it is nested too deep.
 */
export function canonicalPlain(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return canonicalDouble(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (depth === MAX_NESTING) return null
  if (Array.isArray(value)) {
    let text = ''
    for (const item of value as unknown[]) {
      const part = canonicalPlain(item, depth + 1)
      if (part === null) return null
      text += text === '' ? part : `,${part}`
    }
    return `[${text}]`
  }
  const keys = Object.keys(value)
  sortKeys(keys)
  let text = ''
  for (const key of keys) {
    const part = canonicalPlain((value as Record<string, unknown>)[key], depth + 1)
    if (part === null) return null
    text += text === '' ? `${quote(key)}:${part}` : `,${quote(key)}:${part}`
  }
  return `{${text}}`
}

/** In place, by UTF-16 unit; most objects have a few keys only, and many of them in order. */
function sortKeys(keys: string[]): void {
  if (keys.length > 16) {
    keys.sort(byUtf16)
    return
  }
  for (let i = 1; i < keys.length; i += 1) {
    const key = keys[i] as string
    let j = i - 1
    while (j >= 0 && (keys[j] as string) > key) {
      keys[j + 1] = keys[j] as string
      j -= 1
    }
    keys[j + 1] = key
  }
}

export function byUtf16(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function canonicalDouble(value: number): string {
  if (value % 10 !== 0 && Number.isSafeInteger(value)) return String(value)
  return canonicalNumber(String(value))
}

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Of a number in JSON's grammar, whatever its length. */
export function canonicalNumber(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = PARTS.exec(text) as unknown as [
    string,
    string,
    string,
    string?,
    string?,
  ]
  let digits = whole + fraction
  let start = 0
  while (digits.charCodeAt(start) === 48) start += 1
  if (start === digits.length) return '0'
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 48) end -= 1
  const dropped = digits.length - end - fraction.length
  digits = digits.slice(start, end)
  const power = exponent.length < 15 ? Number(exponent) + dropped : BigInt(exponent) + BigInt(dropped)
  return power == 0 ? sign + digits : `${sign}${digits}e${power}`
}
