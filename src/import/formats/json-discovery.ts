import { jsonParser, type Token } from 'stream-json/core/parser.js'

/** An array of a JSON document that is in no other array. */
export interface FoundArray {
  /** The keys that lead to it; `[]` for one at the top. */
  path: string[]
  /** Elements seen, and how many of them are objects. */
  elements: number
  objects: number
}

export interface JsonOutline {
  arrays: FoundArray[]
  /** Keys of the object at the top. */
  topKeys: Set<string>
}

/** The parser drops what it has found of a step in which it meets a mistake. */
const STEP_CHARS = 16 * 1024

/**
 * The arrays of a JSON document and the keys at its top, as far as its first bytes show: `head` may end
 * anywhere, and what comes behind a mistake is not looked at.
 */
export function outlineJson(head: Buffer): JsonOutline {
  const outline = new Outliner()
  const text = head.toString()
  for (const token of tokensBeforeMistake(text.startsWith('\ufeff') ? text.slice(1) : text))
    outline.add(token)
  return { arrays: outline.arrays, topKeys: outline.topKeys }
}

function* tokensBeforeMistake(text: string): Generator<Token, void, undefined> {
  const tokenize = newTokenizer()
  let at = 0
  try {
    for (; at < text.length; at += STEP_CHARS) yield* tokenize(text.slice(at, at + STEP_CHARS))
  } catch {
    // Not JSON in this step: once more, and the step character by character.
    const again = newTokenizer()
    for (let i = 0; i < at; i += STEP_CHARS) again(text.slice(i, i + STEP_CHARS))
    try {
      for (let i = at; i < text.length; i++) yield* again(text.charAt(i))
    } catch {
      // The splitter will tell.
    }
  }
}

function newTokenizer(): (text: string) => readonly Token[] {
  const tokenize = jsonParser({ packKeys: true, packValues: false, streamValues: false })
  return (text) => {
    const tokens = tokenize(text)
    return typeof tokens === 'object' && tokens !== null && 'values' in tokens ? tokens.values : []
  }
}

class Outliner {
  readonly arrays: FoundArray[] = []
  readonly topKeys = new Set<string>()
  /** The keys of the objects that are open around the next value, outside of arrays. */
  readonly #path: string[] = []
  #key: string | null = null
  /** The outermost array that is open, and how many levels are open within it. */
  #array: FoundArray | null = null
  #depth = 0

  add(token: Token): void {
    if (this.#array !== null) this.#addWithin(this.#array, token)
    else if (token.name === 'keyValue') {
      if (this.#path.length === 0) this.topKeys.add(token.value)
      this.#key = token.value
    } else if (token.name === 'startObject') {
      if (this.#key !== null) this.#path.push(this.#key)
      this.#key = null
    } else if (token.name === 'endObject') this.#path.pop()
    else if (token.name === 'startArray') {
      const path = this.#key === null ? [] : [...this.#path, this.#key]
      this.#array = { path, elements: 0, objects: 0 }
      this.arrays.push(this.#array)
    }
  }

  #addWithin(array: FoundArray, { name }: Token): void {
    const starts = name.startsWith('start') && name !== 'startKey'
    if (this.#depth === 0 && (starts || /^(null|true|false)Value$/.test(name))) {
      array.elements++
      if (name === 'startObject') array.objects++
    }
    if (name === 'startObject' || name === 'startArray') this.#depth++
    else if (name === 'endObject' || name === 'endArray') this.#depth--
    if (this.#depth < 0) {
      this.#depth = 0
      this.#array = null
    }
  }
}
