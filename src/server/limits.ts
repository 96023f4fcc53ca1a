const MIB = 1024 * 1024

/** What the server takes of one request, and keeps at a time. */
export interface ServerLimits {
  /** Of a request's body: as it comes over the wire, and after it was unpacked. */
  bodyBytes: number
  unpackedBytes: number
  /** Members of gzip or frames of zstd in one body. */
  packedFrames: number
  /** Of one event as it is sent, and how many come in one batch. */
  eventBytes: number
  batchEvents: number
  /** Of all requests together, taken and not yet stored: beyond it, 503. */
  waitingEvents: number
  bytesInHand: number
  connections: number
  /** Of each token, with bursts of ten seconds: beyond it, 429. null: none. */
  eventsPerSecond: number | null
  /** From a request's first byte to its last header, and to the last byte of its body. */
  headersTimeoutMs: number
  requestTimeoutMs: number
  /** Of a connection without a request; longer than a proxy keeps it, so that it is the proxy who closes it. */
  keepAliveTimeoutMs: number
  /** How long a stop waits for requests that do not end. */
  stopTimeoutMs: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 64 * MIB,
  unpackedBytes: 64 * MIB,
  packedFrames: 10_000,
  eventBytes: 16 * MIB,
  batchEvents: 10_000,
  waitingEvents: 20_000,
  bytesInHand: 96 * MIB,
  connections: 5000,
  eventsPerSecond: null,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 75_000,
  stopTimeoutMs: 60_000,
}
