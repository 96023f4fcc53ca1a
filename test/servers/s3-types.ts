export interface S3Options {
  /** Default us-east-1. */
  region?: string
}

/** A server of one's own. Each method may be called in any state, and again. */
export interface S3Server extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** A fresh bucket of this server; its name. */
  createBucket(): Promise<string>
  /** As somebody else writes it: over whatever is there. */
  put(bucket: string, key: string, body: Uint8Array): Promise<void>
  /** As Demetra takes it; `port`: of a proxy before it. */
  url(bucket: string, prefix?: string, port?: number): string
  /** As the power going. */
  kill(): Promise<void>
  /** Up again at the same port with the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}
