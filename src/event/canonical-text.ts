import { canonicalNumber } from './canonical.ts'
import { MAX_NESTING } from './exact-json.ts'

/** What would make the text of a string another one than its value, or be no JSON. */
// oxlint-disable-next-line no-control-regex -- JSON forbids these in a string
export const ESCAPED = /[\\\u0000-\u001f]/
const SIMPLE = /^(?:-?\d*[1-9]|0)$/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/**
 * The canonical form (canonical.ts) of JSON that stands in `text` from `from` to `to` without blanks and without
 * escapes, in one pass that makes no objects of it. Null of any other text: with blanks or escapes, with a key
 * twice, nested too deep, or no JSON at all; the general ways tell what it is.
 */
export function canonicalText(text: string, from: number, to: number): string | null {
  const json = text.slice(from, to)
  if (ESCAPED.test(json)) return null
  const scan: Scan = { json, at: 0 }
  const canonical = valueAt(scan, 0)
  return scan.at === json.length ? canonical : null
}

interface Scan {
  readonly json: string
  at: number
}

/** The value at `scan.at`, canonical, and `at` behind it; null where there is none. */
function valueAt(scan: Scan, depth: number): string | null {
  const code = scan.json.charCodeAt(scan.at)
  if (code === 34) return stringAt(scan)
  if (code === 123) return depth === MAX_NESTING ? null : objectAt(scan, depth + 1)
  if (code === 91) return depth === MAX_NESTING ? null : arrayAt(scan, depth + 1)
  if (code === 116) return wordAt(scan, 'true')
  if (code === 102) return wordAt(scan, 'false')
  if (code === 110) return wordAt(scan, 'null')
  return numberAt(scan)
}

/** With its quotes. */
function stringAt(scan: Scan): string | null {
  const start = scan.at
  const end = scan.json.indexOf('"', start + 1)
  if (end === -1) return null
  scan.at = end + 1
  return scan.json.slice(start, end + 1)
}

function objectAt(scan: Scan, depth: number): string | null {
  const { json } = scan
  const keys: string[] = []
  const values: string[] = []
  scan.at += 1
  if (json.charCodeAt(scan.at) === 125) {
    scan.at += 1
    return '{}'
  }
  for (;;) {
    const keyAt = scan.at + 1
    if (json.charCodeAt(scan.at) !== 34) return null
    const keyEnd = json.indexOf('"', keyAt)
    if (keyEnd === -1 || json.charCodeAt(keyEnd + 1) !== 58) return null
    scan.at = keyEnd + 2
    const value = valueAt(scan, depth)
    if (value === null || !insertSorted(keys, values, json.slice(keyAt, keyEnd), value)) return null
    const code = json.charCodeAt(scan.at)
    scan.at += 1
    if (code === 125) break
    if (code !== 44) return null
  }
  let canonical = `{"${keys[0]}":${values[0]}`
  for (let i = 1; i < keys.length; i += 1) canonical += `,"${keys[i]}":${values[i]}`
  return `${canonical}}`
}

/** Sorting by insertion suits the few keys that an object has; those with more are left to the general ways. */
const MOST_KEYS = 64

/** By UTF-16 unit. False where the key is there already, or where there are too many. */
function insertSorted(keys: string[], values: string[], key: string, value: string): boolean {
  let i = keys.length
  if (i === MOST_KEYS) return false
  while (i > 0 && (keys[i - 1] as string) > key) {
    keys[i] = keys[i - 1] as string
    values[i] = values[i - 1] as string
    i -= 1
  }
  keys[i] = key
  values[i] = value
  return i === 0 || keys[i - 1] !== key
}

function arrayAt(scan: Scan, depth: number): string | null {
  scan.at += 1
  if (scan.json.charCodeAt(scan.at) === 93) {
    scan.at += 1
    return '[]'
  }
  let canonical = ''
  for (;;) {
    const item = valueAt(scan, depth)
    if (item === null) return null
    canonical += canonical === '' ? item : `,${item}`
    const code = scan.json.charCodeAt(scan.at)
    scan.at += 1
    if (code === 93) return `[${canonical}]`
    if (code !== 44) return null
  }
}

function wordAt(scan: Scan, word: string): string | null {
  if (!scan.json.startsWith(word, scan.at)) return null
  scan.at += word.length
  return word
}

function numberAt(scan: Scan): string | null {
  NUMBER.lastIndex = scan.at
  const number = NUMBER.exec(scan.json)?.[0]
  if (number === undefined) return null
  scan.at += number.length
  // most are integers that do not end in a zero: their text is their canonical form
  return SIMPLE.test(number) ? number : canonicalNumber(number)
}
