/** The configuration file of a project, `demetra.config.ts`: what it may say, and the helper that types it. */
export interface DemetraConfig {
  /** Event store: `sqlite:PATH`. Default `sqlite:demetra.db`. */
  store?: string
  /** Archive: `file:DIR` or `s3://BUCKET/PREFIX?region=REGION`. Default `file:archive`. */
  archive?: string
  /** Report store: `sqlite:PATH`. Default `sqlite:reports.db`. */
  reports?: string
  /**
   * How long an event may be under way to a store with several writers before readers take what is below it
   * for settled. Milliseconds, default 5,000; a SQLite store has one writer and does not need it.
   */
  stabilityMs?: number
  /** Rejects events of a type without a file under `events/`, and unknown `meta` fields. Default false. */
  strict?: boolean
}

/** Says what a configuration file may contain; gives it back as it is. */
export function defineConfig(config: DemetraConfig): DemetraConfig {
  return config
}
