import { DemetraError, EXIT } from '../../errors.ts'

const LF = 10
const QUOTE = 34
const BACKSLASH = 92
/** A longer key is none of the path's. */
const MAX_KEY_BYTES = 64 * 1024

type State = 'value' | 'key-or-end' | 'key' | 'colon' | 'skip'

/**
 * Finds the array at the end of a path of keys in a JSON document, over any number of chunks, without looking
 * closer at what is not on the path than brackets and strings ask for.
 */
export class JsonArrayFinder {
  /** Line ends passed so far. */
  lines = 0
  /** Whether anything but blanks has come. */
  started = false
  readonly #path: readonly string[]
  /** Keys of the path found so far. */
  #matched = 0
  #state: State = 'value'
  #key: number[] = []
  #escaped = false
  #inString = false
  #depth = 0

  constructor(path: readonly string[]) {
    this.#path = path
  }

  /** The index behind the array's `[`, or -1 where it is still to come. Throws DemetraError (exit 4). */
  find(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (byte === LF) this.lines++
      if (this.#state === 'key') this.#readKey(byte)
      else if (this.#state === 'skip') this.#skip(byte)
      else if (byte > 0x20) {
        this.started = true
        if (this.#state === 'value') {
          const wanted = this.#matched === this.#path.length ? '[' : '{'
          if (byte !== wanted.charCodeAt(0)) throw this.#notFound()
          if (wanted === '[') return i + 1
          this.#state = 'key-or-end'
        } else if (this.#state === 'colon') this.#readColon(byte)
        else if (byte === QUOTE) this.#state = 'key'
        else if (byte !== 0x2c) throw this.#notFound()
      }
    }
    return -1
  }

  /** At the end of the source: the array never came. */
  fail(): DemetraError {
    return this.#notFound()
  }

  #readKey(byte: number): void {
    if (byte === QUOTE && !this.#escaped) {
      this.#state = 'colon'
      return
    }
    this.#escaped = byte === BACKSLASH && !this.#escaped
    if (this.#key.length < MAX_KEY_BYTES) this.#key.push(byte)
  }

  #readColon(byte: number): void {
    if (byte !== 0x3a) throw this.#notFound()
    const isNext = this.#decodeKey() === this.#path[this.#matched]
    this.#key = []
    if (isNext) this.#matched++
    this.#state = isNext ? 'value' : 'skip'
  }

  #decodeKey(): string | null {
    try {
      return JSON.parse(`"${Buffer.from(this.#key).toString()}"`) as string
    } catch {
      return null
    }
  }

  /** To the comma behind a value that is not on the path. */
  #skip(byte: number): void {
    if (this.#inString) {
      if (byte === QUOTE && !this.#escaped) this.#inString = false
      this.#escaped = byte === BACKSLASH && !this.#escaped
    } else if (byte === QUOTE) this.#inString = true
    else if (byte === 0x7b || byte === 0x5b) this.#depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (this.#depth === 0) throw this.#notFound()
      this.#depth--
    } else if (byte === 0x2c && this.#depth === 0) this.#state = 'key-or-end'
  }

  #notFound(): DemetraError {
    const where = this.#path.length === 0 ? 'at the top of the document' : `at ${this.#path.join('.')}`
    return new DemetraError(`There is no JSON array ${where}`, {
      code: 'DEMETRA_RECORDS_NOT_FOUND',
      exitCode: EXIT.inputMissing,
      hints: [
        'Say where the array of records is: `--records data.items`; or `--format ndjson` for one JSON text a line',
      ],
      context: { records: this.#path.join('.') },
    })
  }
}
