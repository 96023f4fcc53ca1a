/** What stands between the values of a line as formatEventLine writes it in full, in this order. */
export const ID = '{"id":"'
export const POSITION = '","position":"'
export const SERVICE = '","meta":{"service":"'
export const TYPE = '","type":"'
export const CREATED_AT = '","created_at":"'
export const RECEIVED_AT = '","received_at":"'
export const AGGREGATE = '","aggregate_id":"'
/** May be missing. */
export const CORRELATION = '","correlation_id":"'
/** Before the other members of meta; where there are none, only a quote stands before PAYLOAD. */
export const EXTRA = '",'
export const PAYLOAD = '},"payload":{'

export const UUID_LENGTH = 36
export const TIME_LENGTH = 24
