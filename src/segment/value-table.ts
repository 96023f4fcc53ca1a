/**
 * Values of the payloads of lines, cut: so that who reads the payload need not parse it. As LineTable of nothing but
 * bytes and a few texts, so that one thread can hand it to another without a copy.
 */
export interface ValueTable {
  /** For each line the index of `shapes`, or NOT_CUT: its payload is to be parsed. */
  shapeOf: Int32Array<ArrayBuffer>
  /** For each line where its values begin in `kinds` and `values`. */
  startOf: Int32Array<ArrayBuffer>
  /** Names of members, in their order. */
  shapes: string[][]
  /** For each value, in one place or two: a kind stands in the first. */
  kinds: Uint8Array<ArrayBuffer>
  values: Float64Array<ArrayBuffer>
  /** Of members whose texts repeat, each once as a rule. */
  texts: string[]
}

export const NOT_CUT = -1

/** The value is a number. */
export const NUMBER = 0
/** Index of LITERALS. */
export const LITERAL = 1
/** Index of `texts`. */
export const REPEATED = 2
/** Where the text of a string without escapes begins in the payload, then, in a place of its own, how long it is. */
export const TEXT = 3
/** The same of a value's JSON: an array, an object, a string with escapes, a number that takes a parser to be exact. */
export const JSON_TEXT = 4

export const LITERALS = [null, false, true] as const

/** Memory to hand over. */
export function valueBuffers(table: ValueTable | null): ArrayBuffer[] {
  return table === null
    ? []
    : [table.shapeOf, table.startOf, table.kinds, table.values].map(({ buffer }) => buffer)
}
