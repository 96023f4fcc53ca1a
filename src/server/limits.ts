const MIB = 1024 * 1024

/** What the server takes of one request and keeps at a time. */
export interface ServerLimits {
  /** Of a request's body as it comes over the wire. */
  bodyBytes: number
  /** Of a body after it was unpacked. */
  unpackedBytes: number
  /** Taken and not yet stored, of all requests together: beyond it, 503. */
  waitingEvents: number
  waitingBytes: number
  /** From the first byte of a request to its last header; to the last byte of its body. */
  headersTimeoutMs: number
  requestTimeoutMs: number
  /** A connection without a request. */
  keepAliveTimeoutMs: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 64 * MIB,
  unpackedBytes: 64 * MIB,
  waitingEvents: 50_000,
  waitingBytes: 128 * MIB,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
}
