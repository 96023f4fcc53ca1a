/**
 * A server of its own: `node server-child.ts FOLDER`. Says where it listens, then its log; ends with its standard input.
 */
import { join } from 'node:path'
import { EventLog } from '../../src/event-log/event-log.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import { createServerLog } from '../../src/server/server-log.ts'
import { startServer } from '../../src/server/start-server.ts'
import { FUZZ_LIMITS, fuzzCheck } from './limits.ts'

const folder = process.argv[2] ?? ''
const store = await openEventStore(`sqlite:${join(folder, 'events.db')}`)
const server = await startServer(
  {
    store,
    eventLog: new EventLog(store, () => openObjectStore(`file:${join(folder, 'archive')}`)),
    reportStore: await openReportStore(`sqlite:${join(folder, 'reports.db')}`),
    check: fuzzCheck,
    strict: false,
    limits: FUZZ_LIMITS,
    log: createServerLog((line) => process.stdout.write(line)),
    version: '0.1.0',
  },
  { host: '127.0.0.1', port: 0 },
)
process.stdout.write(`${server.url}\n`)
process.stdin.resume().once('end', () => process.exit(0))
