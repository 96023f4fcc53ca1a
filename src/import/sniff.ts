import type { Format } from './formats/create-splitter.ts'
import { findDelimiter, readDelimiter } from './sniff-delimiter.ts'
import { formatUsage, unknownFormat } from './sniff-error.ts'
import { refuseBinary } from './sniff-binary.ts'
import { documentPath, jsonForm, looksLikeJson, readPath } from './sniff-json.ts'

/** As many first bytes as a guess may need. */
export const SNIFF_BYTES = 1024 * 1024

export interface SniffOptions {
  /** Of the source, for messages. */
  name: string
  /** `--format`, `--delimiter`, `--records`: what is said is not guessed. */
  format?: Format | undefined
  delimiter?: string | undefined
  records?: string | undefined
  /** Whether the head is the whole source; default: where it is shorter than SNIFF_BYTES. */
  complete?: boolean | undefined
}

/** How a source is cut into records; fits createSplitter. */
export interface Sniffed {
  format: Format
  /** CSV. */
  delimiter?: string | undefined
  /** JSON: the keys that lead to the array of records; null: the document is the record. */
  path?: readonly string[] | null | undefined
}

/**
 * The format of a source by its first bytes: JSON before CSV, as nearly everything reads as CSV; an answer only
 * where it is clear. A source without content is NDJSON without records. Throws DemetraError: exit 4 where the
 * content does not say what it is, with the flag that does; exit 2 for flags that do not fit each other.
 */
export async function sniffFormat(head: Buffer, options: SniffOptions): Promise<Sniffed> {
  const { name, complete = head.length < SNIFF_BYTES } = options
  const format = flaggedFormat(options)
  refuseBinary(head, name)
  const body = withoutBlanks(head)
  if (options.records !== undefined) return { format: 'json', path: readPath(options.records) }
  if (options.delimiter !== undefined) return { format: 'csv', delimiter: readDelimiter(options.delimiter) }
  if (format === 'ndjson' || body.length === 0) return { format: format ?? 'ndjson' }
  if (format === 'json') return { format, path: await documentPath(body, complete, name) }
  if (format === 'csv') return { format, delimiter: findDelimiter(head, complete) ?? ',' }
  if (body.includes(0)) throw unknown(name, 'it is not a text: it has zero bytes')
  if (looksLikeJson(body.toString('latin1', 0, 4096))) return jsonForm(body, complete, name)
  const delimiter = findDelimiter(head, complete)
  if (delimiter !== null) return { format: 'csv', delimiter }
  throw unknown(
    name,
    'its format cannot be told: it does not start as JSON does, and no comma, semicolon, tab or | cuts its ' +
      'lines into equal numbers of fields',
  )
}

/** The format that the flags ask for, if they do. Throws where they ask for two. */
function flaggedFormat({ format, delimiter, records }: SniffOptions): Format | undefined {
  if (delimiter !== undefined && (records !== undefined || (format !== undefined && format !== 'csv'))) {
    throw formatUsage('--delimiter is for CSV alone', ['Leave out `--delimiter`, or say `--format csv`'])
  }
  if (records !== undefined && format !== undefined && format !== 'json') {
    throw formatUsage('--records is for JSON alone', ['Leave out `--records`, or say `--format json`'])
  }
  return format
}

function unknown(name: string, what: string): Error {
  return unknownFormat(name, what, [
    'Say what it is: `--format csv`, `--format json` or `--format ndjson`',
    "For CSV with another delimiter: `--delimiter '^'`",
  ])
}

/** From the first byte that is neither of a byte order mark nor a blank. */
function withoutBlanks(head: Buffer): Buffer {
  let from = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  while (from < head.length && (head[from] as number) <= 0x20 && head[from] !== 0) from++
  return head.subarray(from)
}
