import type { EventCheck } from '../import/event-check.ts'
import type { EventLog } from '../event-log/event-log.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ReportStore } from '../report-store/report-store.ts'
import type { Authenticator } from './authenticate.ts'
import type { GroupCommit } from './group-commit.ts'
import type { ServerLimits } from './limits.ts'
import type { ServerLog } from './server-log.ts'
import type { TokenLookUps } from './token-look-ups.ts'

/** What the routes work with. */
export interface ServerParts {
  store: EventStore
  eventLog: EventLog
  reportStore: ReportStore
  tokens: TokenLookUps
  authenticator: Authenticator
  /** The only way in for events. */
  ingest: GroupCommit
  /** Payloads against the files under events/. */
  check: EventCheck
  /** Refuse members of `meta` that Demetra does not know. */
  strict: boolean
  limits: ServerLimits
  log: ServerLog
  /** Demetra's own. */
  version: string
}
