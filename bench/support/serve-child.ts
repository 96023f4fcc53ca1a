/**
 * A server to be measured: `node serve-child.ts STORE_URL group|alone`. `alone`: every request is stored by an append of
 * its own. Writes its URL, and on SIGTERM what it stored, as JSON.
 */
import { once } from 'node:events'
import { EventLog } from '../../src/event-log/event-log.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import { GroupCommit } from '../../src/server/group-commit.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { createServerLog } from '../../src/server/server-log.ts'
import { startServer } from '../../src/server/start-server.ts'

const [storeUrl = '', mode = 'group'] = process.argv.slice(2)
const store = await openEventStore(storeUrl)
const server = await startServer(
  {
    store,
    eventLog: new EventLog(store, () => Promise.reject(new Error('there is no archive'))),
    reportStore: await openReportStore('sqlite:/dev/null/none.db'),
    authenticator: { check: () => Promise.resolve({ tokenId: 'bench', services: ['core'], read: false }) },
    ingest: new GroupCommit(store, DEFAULT_LIMITS, { alone: mode === 'alone' }),
    check: () => undefined,
    strict: false,
    limits: DEFAULT_LIMITS,
    log: createServerLog(() => undefined),
    version: '0.1.0',
  },
  { host: '127.0.0.1', port: 0 },
)
console.log(server.url)
await once(process, 'SIGTERM')
const counts = await server.stop()
await store.close()
console.log(
  JSON.stringify({ ...counts, cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6 }),
)
