/**
 * A run in a process of its own: `child.ts EVENT_STORE REPORT_STORE BATCH_EVENTS KILL_AT`. Kills itself by signal
 * 9 before its KILL_AT-th SQL statement; 0: never. Its last line is the result.
 */
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { openEventStore } from '../../src/event-store/open.ts'
import { runProjection } from '../../src/projection/run.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import { counting } from './counting.ts'

const [events = '', reports = '', batchEvents = '7', killAt = '0'] = process.argv.slice(2)

let statements = 0
type Method = (this: unknown, ...args: unknown[]) => unknown

/** Replaces a method by itself, counted. */
function countCalls(prototype: object, name: string): void {
  const method = (prototype as Record<string, Method>)[name]
  const counted: Method = function counted(...args) {
    statements += 1
    if (statements === Number(killAt)) process.kill(process.pid, 'SIGKILL')
    return method?.apply(this, args)
  }
  Object.assign(prototype, { [name]: counted })
}
for (const name of ['run', 'get', 'all']) countCalls(StatementSync.prototype, name)
countCalls(DatabaseSync.prototype, 'exec')

const eventStore = await openEventStore(events)
const reportStore = await openReportStore(reports)
const result = await runProjection({
  name: 'report',
  definition: counting,
  eventStore,
  reportStore,
  batchEvents: Number(batchEvents),
})
process.stdout.write(
  `${JSON.stringify({ events: result.events, heldBy: result.heldBy?.owner ?? null, statements })}\n`,
)
await eventStore.close()
await reportStore.close()
