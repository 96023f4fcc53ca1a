/**
 * JSON read and written without loss. JSON.parse reorders integer-like keys, rounds long numbers and lets
 * the last of two equal keys win; here objects keep the order of their keys, numbers their text.
 */
export type ExactJson = null | boolean | string | ExactNumber | ExactArray | ExactObject

export interface ExactNumber {
  readonly kind: 'number'
  /** As it stood in the text, e.g. `1.0`, `1E+2`. */
  readonly text: string
}
export interface ExactArray {
  readonly kind: 'array'
  readonly items: ExactJson[]
}
export interface ExactObject {
  readonly kind: 'object'
  readonly members: Map<string, ExactJson>
}

/** Levels of objects and arrays; a payload is the first. */
export const MAX_NESTING = 100

export type ExactJsonErrorCode =
  'invalid-json' | 'duplicate-key' | 'nul-in-key' | 'lone-surrogate' | 'nesting'

/** `offset` counts UTF-16 units from the start of the text. */
export class ExactJsonError extends Error {
  override readonly name = 'ExactJsonError'
  readonly code: ExactJsonErrorCode
  readonly offset: number
  constructor(code: ExactJsonErrorCode, message: string, offset: number) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

const BLANK = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** A string without escapes or control characters, up to its closing quote. */
// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these
const PLAIN_STRING = /[^"\\\u0000-\u001f]*/y
const LITERALS: readonly [string, ExactJson][] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/**
 * Reads one JSON text. `levels` is how much deeper than MAX_NESTING it may go: an event holds its payload
 * one level down. Throws ExactJsonError.
 */
export function parseExact(text: string, levels = 0): ExactJson {
  const reader = new Reader(text, MAX_NESTING + levels)
  const value = reader.value(0)
  reader.blank()
  if (reader.at < text.length) reader.unexpected('the end')
  return value
}

class Reader {
  readonly text: string
  readonly limit: number
  at = 0

  constructor(text: string, limit: number) {
    this.text = text
    this.limit = limit
  }

  value(depth: number): ExactJson {
    this.blank()
    const char = this.text[this.at]
    if (char === '{') return this.object(depth + 1)
    if (char === '[') return this.array(depth + 1)
    if (char === '"') return this.string()
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length
        return value
      }
    }
    NUMBER.lastIndex = this.at
    const number = NUMBER.exec(this.text)
    if (number === null) return this.unexpected('a value')
    this.at += number[0].length
    return { kind: 'number', text: number[0] }
  }

  object(depth: number): ExactObject {
    this.checkDepth(depth)
    const members = new Map<string, ExactJson>()
    this.at += 1
    if (this.closes('}')) return { kind: 'object', members }
    for (;;) {
      this.blank()
      const keyAt = this.at
      if (this.text[keyAt] !== '"') this.unexpected('a key in double quotes')
      const key = this.string()
      if (key.includes('\u0000'))
        throw new ExactJsonError('nul-in-key', 'a key holds the character NUL', keyAt)
      if (members.has(key)) {
        throw new ExactJsonError(
          'duplicate-key',
          `the key ${JSON.stringify(key)} stands twice in one object`,
          keyAt,
        )
      }
      this.blank()
      if (this.text[this.at] !== ':') this.unexpected('":"')
      this.at += 1
      members.set(key, this.value(depth))
      if (this.closes('}')) return { kind: 'object', members }
      this.comma('"," or "}"')
    }
  }

  array(depth: number): ExactArray {
    this.checkDepth(depth)
    const items: ExactJson[] = []
    this.at += 1
    if (this.closes(']')) return { kind: 'array', items }
    for (;;) {
      items.push(this.value(depth))
      if (this.closes(']')) return { kind: 'array', items }
      this.comma('"," or "]"')
    }
  }

  string(): string {
    const start = this.at
    PLAIN_STRING.lastIndex = start + 1
    PLAIN_STRING.exec(this.text)
    let end = PLAIN_STRING.lastIndex
    let value: string
    if (this.text[end] === '"') {
      value = this.text.slice(start + 1, end)
    } else {
      while (this.text[end] !== '"') {
        if (end >= this.text.length) {
          throw new ExactJsonError('invalid-json', 'a string is not closed', start)
        }
        end += this.text[end] === '\\' ? 2 : 1
      }
      try {
        value = JSON.parse(this.text.slice(start, end + 1)) as string
      } catch {
        throw new ExactJsonError('invalid-json', 'a string holds a bad escape or a control character', start)
      }
    }
    this.at = end + 1
    if (!value.isWellFormed())
      throw new ExactJsonError('lone-surrogate', 'a string holds a lone surrogate', start)
    return value
  }

  blank(): void {
    const code = this.text.charCodeAt(this.at)
    if (code > 32) return
    BLANK.lastIndex = this.at
    BLANK.exec(this.text)
    this.at = BLANK.lastIndex
  }

  closes(bracket: string): boolean {
    this.blank()
    if (this.text[this.at] !== bracket) return false
    this.at += 1
    return true
  }

  comma(expected: string): void {
    if (this.text[this.at] !== ',') this.unexpected(expected)
    this.at += 1
  }

  checkDepth(depth: number): void {
    if (depth > this.limit) {
      throw new ExactJsonError('nesting', `nested more than ${MAX_NESTING} levels deep`, this.at)
    }
  }

  unexpected(expected: string): never {
    const found = this.text[this.at]
    const what = found === undefined ? 'the text ends' : `${JSON.stringify(found)} stands`
    throw new ExactJsonError('invalid-json', `expected ${expected}, but ${what} here`, this.at)
  }
}

/** JSON text without blanks: keys and numbers as they came, strings as JSON.stringify writes them. */
export function writeExact(value: ExactJson): string {
  if (typeof value === 'string') return quote(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (value.kind === 'number') return value.text
  if (value.kind === 'array') return `[${value.items.map(writeExact).join(',')}]`
  let text = ''
  for (const [key, member] of value.members)
    text += `${text === '' ? '' : ','}${quote(key)}:${writeExact(member)}`
  return `{${text}}`
}

// oxlint-disable-next-line no-control-regex -- JSON escapes exactly these, and lone surrogates
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/** A string as JSON.stringify writes it; faster for the many that hold nothing to escape. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** For messages where a value may be all of a payload: what it is, and nothing of what it holds. */
export function kindName(value: ExactJson | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'object') return value.kind === 'number' ? 'a number' : `an ${value.kind}`
  return typeof value === 'string' ? 'a text' : 'a boolean'
}
