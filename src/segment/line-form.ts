/** What stands between the values of a line as formatEventLine writes it in full, in this order. */
export const ID = Buffer.from('{"id":"')
export const POSITION = Buffer.from('","position":"')
export const SERVICE = Buffer.from('","meta":{"service":"')
export const TYPE = Buffer.from('","type":"')
export const CREATED_AT = Buffer.from('","created_at":"')
export const RECEIVED_AT = Buffer.from('","received_at":"')
export const AGGREGATE = Buffer.from('","aggregate_id":"')
/** May be missing. */
export const CORRELATION = Buffer.from('","correlation_id":"')
/** May be missing: then only the quote stands before PAYLOAD. */
export const EXTRA = Buffer.from('",')
export const PAYLOAD = Buffer.from('},"payload":{')

export const UUID_LENGTH = 36
export const TIME_LENGTH = 24
