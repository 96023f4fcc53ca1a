export interface MongodOptions {
  /** The name of the set it is to be a member of; `startReplicaSet` makes a set of it. */
  replicaSet?: string
  port?: number
  /** A folder that stays; otherwise one of its own, which goes with `stop`. */
  dbPath?: string
  arguments?: readonly string[]
  /** Who may do anything; others may do nothing. Not for members of a set. */
  auth?: { username: string; password: string }
  env?: NodeJS.ProcessEnv
}

/** A server of one's own. Each method may be called in any state, and again. */
export interface Mongod extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  url(database: string): string
  /** Stands still: connections stay open, nothing is answered. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** As the power going. */
  kill(): Promise<void>
  /** As an administrator ends it. */
  shutDown(): Promise<void>
  /** Up again at the same port with the same data; one that runs is shut down first. */
  restart(): Promise<void>
  stop(): Promise<void>
}
