import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventLog } from '../../src/event-log/event-log.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { Access } from '../../src/server/authenticate.ts'
import { GroupCommit } from '../../src/server/group-commit.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { createServerLog } from '../../src/server/server-log.ts'
import type { ServerParts } from '../../src/server/server-parts.ts'
import { startServer } from '../../src/server/start-server.ts'

export interface TestServer {
  url: string
  store: EventStore
  ingest: GroupCommit
  /** The lines of the log so far. */
  log: string[]
  stop(): Promise<void>
}

/** Who may what: by the token as it is sent. */
export const TOKENS: Readonly<Record<string, Access>> = {
  core: { tokenId: 'core', services: ['core'], read: false },
  shop: { tokenId: 'shop', services: ['shop'], read: false },
  reader: { tokenId: 'reader', services: [], read: true },
}

/** A server on a free port, on a store of its own; `storeUrl` left out: SQLite. */
export async function runningServer(
  given: Partial<Omit<ServerParts, 'ingest'>> & { storeUrl?: string } = {},
): Promise<TestServer> {
  const { storeUrl, ...parts } = given
  const folder = mkdtempSync(join(tmpdir(), 'demetra-server-'))
  const store = parts.store ?? (await openEventStore(storeUrl ?? `sqlite:${join(folder, 'events.db')}`))
  const reportStore = await openReportStore(`sqlite:${join(folder, 'reports.db')}`)
  const log: string[] = []
  const ingest = new GroupCommit(store, parts.limits ?? DEFAULT_LIMITS)
  const server = await startServer(
    {
      store,
      ingest,
      eventLog: new EventLog(store, () => openObjectStore(`file:${join(folder, 'archive')}`)),
      reportStore,
      authenticator: {
        check: (header) => Promise.resolve(TOKENS[header?.replace(/^Bearer /u, '') ?? ''] ?? null),
      },
      check: () => undefined,
      strict: false,
      limits: DEFAULT_LIMITS,
      log: createServerLog((line) => log.push(line)),
      version: '0.1.0',
      ...parts,
    },
    { host: '127.0.0.1', port: 0 },
  )
  return {
    url: server.url,
    store,
    ingest,
    log,
    stop: async () => {
      await server.stop()
      await reportStore.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
