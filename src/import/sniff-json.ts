import type { JsonOutline } from './formats/json-discovery.ts'
import { JsonValueScanner } from './formats/json-value-scanner.ts'
import { formatUsage, unknownFormat } from './sniff-error.ts'

/** JSON on its own lines, or one document and where its records are (null: it is one itself). */
export type JsonForm = { format: 'ndjson' } | { format: 'json'; path: readonly string[] | null }

/** Lines that are looked at. */
const LOOK_LINES = 200

/** Whether a text starts as a JSON object or array does; a CSV header such as `[id],{x}` does not. */
export function looksLikeJson(text: string): boolean {
  return /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[[{"\]\d-]|true|false|null|$))/.test(text)
}

/**
 * Tells NDJSON, an array and a document apart. `body` starts with `{` or `[`. Throws DemetraError: exit 4 where
 * it could be either, or is neither; exit 2 where there are several arrays to choose from.
 */
export async function jsonForm(body: Buffer, complete: boolean, name: string): Promise<JsonForm> {
  if (body[0] === 0x5b) return { format: 'json', path: [] }
  const lines = firstLines(body, complete)
  const whole = lines.filter(isWholeValue).length
  const [first] = lines
  if (first !== undefined && isWholeValue(first)) {
    return lines.length > 1 ? { format: 'ndjson' } : singleLine(body, name)
  }
  if (whole * 2 > lines.length) return { format: 'ndjson' }
  refuseSeveral(body, name)
  const { topKeys } = await outlineOf(body)
  // One line that is longer than what is seen of it.
  if (lines.length === 0 && isEvent(topKeys)) return { format: 'ndjson' }
  return { format: 'json', path: await documentPath(body, complete, name) }
}

/** Where the records of a document are. Throws DemetraError: none (exit 4), several arrays (exit 2). */
export async function documentPath(
  body: Buffer,
  complete: boolean,
  name: string,
): Promise<readonly string[] | null> {
  if (body[0] === 0x5b) return []
  const { arrays, topKeys } = await outlineOf(body)
  if (isEvent(topKeys)) return null
  const candidates = arrays.filter(({ objects }) => objects > 0)
  const [only, ...others] =
    candidates.length > 0 ? candidates : arrays.filter(({ elements }) => elements === 0)
  if (only !== undefined && others.length === 0) return only.path
  if (only !== undefined) {
    throw formatUsage(
      `${name} has ${others.length + 1} arrays of objects: ${[only, ...others].map(({ path }) => pathText(path)).join(', ')}`,
      [`Say which one holds the records: \`--records ${pathText(only.path)}\``],
    )
  }
  if (complete) return null
  throw unknownFormat(
    name,
    `there is no array of objects in the first ${body.length} bytes of the JSON document`,
    ['Say where the records are: `--records data.items`'],
  )
}

/** `data.items` as keys; with dots in a key as a JSON array, `["a.b","items"]`. Throws DemetraError (exit 2). */
export function readPath(flag: string): string[] {
  if (flag === '' || flag === '.' || flag === '$') return []
  if (!flag.startsWith('[')) return flag.split('.')
  try {
    const keys: unknown = JSON.parse(flag)
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys
  } catch {
    // Said below.
  }
  throw formatUsage(`--records takes keys with dots between them or a JSON array of keys, got ${flag}`, [
    'For example `--records data.items`',
  ])
}

/** The streaming parser is loaded by those alone who import a document. */
async function outlineOf(body: Buffer): Promise<JsonOutline> {
  const { outlineJson } = await import('./formats/json-discovery.ts')
  return outlineJson(body)
}

/**
 * A single line of JSON is one record, or a document that was written without line breaks: then it has one
 * array of several objects. Throws DemetraError (exit 4) where both could be meant.
 */
async function singleLine(body: Buffer, name: string): Promise<JsonForm> {
  const { arrays, topKeys } = await outlineOf(body)
  const [meant, ...others] = arrays.filter(({ objects }) => objects > 0)
  if (isEvent(topKeys) || meant === undefined) return { format: 'ndjson' }
  if (others.length === 0 && meant.objects > 1) return { format: 'json', path: meant.path }
  const path = pathText(meant.path)
  throw unknownFormat(
    name,
    `it is a single line of JSON with an array of objects at ${path}; either can be the records`,
    [`The elements of the array: \`--records ${path}\``, 'The line as a whole: `--format ndjson`'],
  )
}

/** JSON texts one after the other that do not have a line each. */
function refuseSeveral(body: Buffer, name: string): void {
  const scanner = new JsonValueScanner()
  scanner.begin(body[0] as number)
  const end = scanner.scan(body, 0)
  if (end === -1 || scanner.mismatched || body.toString('latin1', end).trim() === '') return
  throw unknownFormat(name, 'it holds several JSON texts that go over more than one line', [
    `Give each a line of its own: \`jq -c . '${name}' | demetra import -\``,
  ])
}

function firstLines(body: Buffer, complete: boolean): Buffer[] {
  const lines: Buffer[] = []
  for (let from = 0; from < body.length && lines.length < LOOK_LINES;) {
    const end = body.indexOf(10, from)
    if (end === -1 && !complete) break
    const line = body.subarray(from, end === -1 ? body.length : end)
    if (line.toString('latin1').trim() !== '') lines.push(line)
    from = end === -1 ? body.length : end + 1
  }
  return lines
}

function isWholeValue(line: Buffer): boolean {
  if (line[0] !== 0x7b) return false
  const scanner = new JsonValueScanner()
  scanner.begin(line[0])
  const end = scanner.scan(line, 0)
  return end !== -1 && !scanner.mismatched && line.toString('latin1', end).trim() === ''
}

function isEvent(topKeys: ReadonlySet<string>): boolean {
  return topKeys.has('id') && topKeys.has('meta')
}

function pathText(path: readonly string[]): string {
  return path.some((key) => key.includes('.') || key === '') ? `'${JSON.stringify(path)}'` : path.join('.')
}
