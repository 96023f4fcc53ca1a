import type { ValueTable } from './value-table.ts'

/**
 * Lines of blocks, cut: where the parts of each stand in the blocks' text, and its numbers. Of nothing but bytes, and
 * a few names, so that one thread can hand it to another without a copy.
 */
export interface LineTable {
  /** Of all the blocks, one after the other. */
  text: Uint8Array<ArrayBuffer>
  /** Its bytes are characters. */
  isAscii: boolean
  /** How many lines. */
  count: number
  /** PLACES of each line. */
  places: Int32Array<ArrayBuffer>
  /** NUMBERS of each line. */
  numbers: Float64Array<ArrayBuffer>
  /** Services and types, each once. */
  names: string[]
  /** null: payloads are not cut. */
  values: ValueTable | null
}

/**
 * Places of a line: LINE_START, LINE_STOP (behind its last byte), then, where it is in the form in which nearly all are,
 * ID_START and so on; else ID_START is NOT_PLAIN, and the others and its numbers say nothing.
 */
export const PLACES = 9
export const LINE_START = 0
export const LINE_STOP = 1
export const ID_START = 2
export const AGGREGATE_START = 3
export const AGGREGATE_END = 4
/** Of the correlation_id, which may be missing: then it is AGGREGATE_END. */
export const TEXTS_END = 5
export const PAYLOAD_START = 6
/** Index of `names`. */
export const SERVICE_NAME = 7
export const TYPE_NAME = 8
export const NOT_PLAIN = -1

/** Numbers of a line: the position's digits in front of its last nine, those nine, and both times in milliseconds. */
export const NUMBERS = 4
export const POSITION_HIGH = 0
export const POSITION_LOW = 1
export const CREATED_MS = 2
export const RECEIVED_MS = 3

/** Memory that is worth handing over, or giving back. What is smaller may lie in Node's pool, shared with others. */
export function largeBuffers({ text, places, numbers }: LineTable): ArrayBuffer[] {
  return [text, places, numbers]
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer.byteLength > Buffer.poolSize)
}
