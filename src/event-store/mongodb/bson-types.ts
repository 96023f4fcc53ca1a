/** BSON's types (bsonspec.org). These Demetra writes; the others a person's hand may have put in. */
export const DOUBLE = 1
export const STRING = 2
export const OBJECT = 3
export const ARRAY = 4
export const BINARY = 5
export const BOOLEAN = 8
export const DATE = 9
export const NULL = 10
export const INT32 = 16
export const TIMESTAMP = 17
export const INT64 = 18

const UNDEFINED = 6
const OBJECT_ID = 7
const REGULAR_EXPRESSION = 11
const JAVASCRIPT = 13
const SYMBOL = 14
const JAVASCRIPT_WITH_SCOPE = 15
const DECIMAL128 = 19
const MAX_KEY = 127
const MIN_KEY = 255

const NAMES = new Map([
  [BINARY, 'Binary'],
  [UNDEFINED, 'Undefined'],
  [OBJECT_ID, 'ObjectId'],
  [DATE, 'Date'],
  [REGULAR_EXPRESSION, 'Regular Expression'],
  [JAVASCRIPT, 'JavaScript'],
  [SYMBOL, 'Symbol'],
  [JAVASCRIPT_WITH_SCOPE, 'JavaScript with scope'],
  [TIMESTAMP, 'Timestamp'],
  [DECIMAL128, 'Decimal128'],
  [MAX_KEY, 'MaxKey'],
  [MIN_KEY, 'MinKey'],
])

/** For messages: a type that JSON has not. */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `BSON type ${type}`
}

/** Where the element that starts at `at` ends. Throws an Error at a type that ends nowhere near by. */
export function elementEnd(bytes: Uint8Array, at: number): number {
  const keyEnd = bytes.indexOf(0, at + 1)
  const valueAt = keyEnd + 1
  const type = bytes[at] as number
  switch (type) {
    case DOUBLE:
    case DATE:
    case TIMESTAMP:
    case INT64:
      return valueAt + 8
    case STRING:
    case JAVASCRIPT:
    case SYMBOL:
      return valueAt + 4 + int32From(bytes, valueAt)
    case OBJECT:
    case ARRAY:
    case JAVASCRIPT_WITH_SCOPE:
      return valueAt + int32From(bytes, valueAt)
    case BINARY:
      return valueAt + 5 + int32From(bytes, valueAt)
    case OBJECT_ID:
      return valueAt + 12
    case BOOLEAN:
      return valueAt + 1
    case INT32:
      return valueAt + 4
    case DECIMAL128:
      return valueAt + 16
    case REGULAR_EXPRESSION:
      return bytes.indexOf(0, bytes.indexOf(0, valueAt) + 1) + 1
    case NULL:
    case UNDEFINED:
    case MIN_KEY:
    case MAX_KEY:
      return valueAt
    default:
      throw new Error(`a document holds a member of ${typeName(type)}`)
  }
}

export function int32From(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
