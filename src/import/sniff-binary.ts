import { unknownFormat } from './sniff-error.ts'

/** First bytes of what people try to import, and how to get at the text in it. */
const BINARIES: readonly [magic: string, what: string, hint: (name: string) => string][] = [
  ['504b0304', 'a ZIP archive (or a spreadsheet)', (name) => `unzip -p '${name}' | demetra import -`],
  ['425a68', 'bzip2 data', (name) => `bzip2 -dc '${name}' | demetra import -`],
  ['fd377a585a00', 'xz data', (name) => `xz -dc '${name}' | demetra import -`],
  ['04224d18', 'lz4 data', (name) => `lz4 -dc '${name}' | demetra import -`],
  ['50415231', 'a Parquet file', (name) => `duckdb -c "copy '${name}' to '${name}.ndjson'"`],
  [
    '53514c69746520666f726d6174203300',
    'an SQLite file',
    (name) => `sqlite3 -csv -header '${name}' 'select …'`,
  ],
]

/**
 * Throws DemetraError (exit 4) where a source is no UTF-8 text: UTF-16 and UTF-32 by their byte order mark or
 * zero bytes, well-known binary files by their first bytes.
 */
export function refuseBinary(head: Buffer, name: string): void {
  const start = head.toString('hex', 0, 16)
  const encoding = wideEncoding(head, start)
  if (encoding !== null) {
    throw unknownFormat(name, `it is ${encoding} text; expected UTF-8`, [
      `Convert it: \`iconv -f ${encoding} -t UTF-8 '${name}' | demetra import -\``,
    ])
  }
  for (const [magic, what, hint] of BINARIES) {
    if (start.startsWith(magic)) {
      throw unknownFormat(name, `it is ${what}; expected CSV, JSON or NDJSON`, [
        `Take the text out of it: \`${hint(name)}\``,
      ])
    }
  }
}

function wideEncoding(head: Buffer, start: string): string | null {
  if (start.startsWith('fffe0000') || start.startsWith('0000feff')) return 'UTF-32'
  if (start.startsWith('fffe') || start.startsWith('feff')) return 'UTF-16'
  // Every second byte of the first ASCII characters is zero.
  if (/^(?:[0-7][0-9a-f]00){4}/.test(start) && head.length % 2 === 0) return 'UTF-16LE'
  if (/^(?:00[0-7][0-9a-f]){4}/.test(start) && head.length % 2 === 0) return 'UTF-16BE'
  return null
}
