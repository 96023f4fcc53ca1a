const LF = 10
const QUOTE = 34
const BACKSLASH = 92
const OPEN_OBJECT = 123
const OPEN_ARRAY = 91

/** What a byte outside strings is to the scanner; everything else is passed over. */
const NOTHING = 0
const STRING = 1
const OPEN = 2
const CLOSE = 3
const LINE = 4
const KINDS = new Uint8Array(256)
KINDS[QUOTE] = STRING
KINDS[OPEN_OBJECT] = OPEN
KINDS[OPEN_ARRAY] = OPEN
KINDS[93] = CLOSE
KINDS[125] = CLOSE
KINDS[LF] = LINE

/** Nesting to which brackets are compared; deeper down they are only counted. */
const COMPARED_DEPTH = 4096

/**
 * Finds the end of one JSON value by brackets and strings alone, over any number of chunks. Of a number or
 * another bare word the end is where something else begins.
 */
export class JsonValueScanner {
  /** Line ends passed so far, over all values. */
  lines = 0
  /** A bracket that does not close the one that is open: where the value ends cannot be told. */
  mismatched = false
  #depth = 0
  #bare = false
  #inString = false
  #escaped = false
  readonly #open = new Uint8Array(COMPARED_DEPTH)

  /** A value starts; its first byte comes with the next `scan`. */
  begin(first: number): void {
    this.#depth = 0
    this.#bare = KINDS[first] !== OPEN && first !== QUOTE
    this.#inString = false
    this.#escaped = false
    this.mismatched = false
  }

  /** As if `depth` objects had been opened and not closed yet: goes on to the end of the outermost. */
  beginWithin(depth: number): void {
    this.begin(OPEN_OBJECT)
    this.#depth = depth
    this.#open.fill(OPEN_OBJECT, 0, depth)
  }

  /** A number or a bare word: it is whole where the source ends. */
  get isBare(): boolean {
    return this.#bare
  }

  /** The index behind the value, or -1 where it goes on; see `mismatched`. */
  scan(chunk: Buffer, from: number): number {
    if (this.#bare) return this.#scanBare(chunk, from)
    const { length } = chunk
    let i = from
    while (i < length) {
      if (this.#inString) {
        i = this.#scanString(chunk, i)
        if (!this.#inString && this.#depth === 0) return i
        continue
      }
      const byte = chunk[i++] as number
      const kind = KINDS[byte]
      if (kind === NOTHING) continue
      if (kind === STRING) this.#inString = true
      else if (kind === LINE) this.lines++
      else if (kind === OPEN) {
        if (this.#depth < COMPARED_DEPTH) this.#open[this.#depth] = byte
        this.#depth++
      } else {
        this.#depth--
        // "]" and "}" come two behind what they close.
        if (this.#depth < COMPARED_DEPTH && this.#open[this.#depth] !== byte - 2) {
          this.mismatched = true
          return i - 1
        }
        if (this.#depth === 0) return i
      }
    }
    return -1
  }

  #scanString(chunk: Buffer, from: number): number {
    let i = from
    if (this.#escaped && i < chunk.length) {
      this.#escaped = false
      if (chunk[i++] === LF) this.lines++
    }
    while (i < chunk.length) {
      const byte = chunk[i++]
      if (byte === QUOTE) {
        this.#inString = false
        return i
      }
      if (byte === LF) this.lines++
      else if (byte === BACKSLASH) {
        if (i === chunk.length) this.#escaped = true
        else if (chunk[i++] === LF) this.lines++
      }
    }
    return i
  }

  #scanBare(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) if (endsBare(chunk[i] as number)) return i
    return -1
  }
}

/** A blank, a bracket, a comma, a colon or a quote. */
function endsBare(byte: number): boolean {
  return byte <= 0x20 || KINDS[byte] !== NOTHING || byte === 44 || byte === 58
}
