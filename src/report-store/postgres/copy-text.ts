/** Bytes of rows that are sent at once. */
const CHUNK_CHARACTERS = 64 * 1024
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Rows in the text format of COPY: a line for each, its values apart by tabs, `\\N` for NULL. */
export class CopyText {
  readonly chunks: Buffer[] = []
  #text = ''

  add(values: readonly (string | null)[]): void {
    for (const [i, value] of values.entries()) {
      if (i > 0) this.#text += '\t'
      this.#text += value === null ? String.raw`\N` : escaped(value)
    }
    this.#text += '\n'
    if (this.#text.length > CHUNK_CHARACTERS) this.end()
  }

  /** What was added is in `chunks`. */
  end(): void {
    if (this.#text !== '') this.chunks.push(Buffer.from(this.#text))
    this.#text = ''
  }
}

function escaped(value: string): string {
  return /[\\\n\r\t]/u.test(value) ? value.replaceAll(/[\\\n\r\t]/gu, (char) => ESCAPED[char] ?? char) : value
}
