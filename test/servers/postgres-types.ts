export interface PostgresOptions {
  arguments?: readonly string[]
  /** The one user, who may do anything, and has to say a password. */
  auth?: { username: string; password: string }
}

/** A server of one's own. Each method may be called in any state, and again. */
export interface Postgres extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** Of the user who may do anything. */
  url(database?: string): string
  /** A fresh database of this server; its URL. */
  createDatabase(): Promise<string>
  /** Stands still: connections stay open, nothing is answered. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** As the power going. */
  kill(): Promise<void>
  /** Up again at the same port with the same data; one that runs is shut down first. */
  restart(): Promise<void>
  stop(): Promise<void>
}
