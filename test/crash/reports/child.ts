/**
 * A projection run or a replay in a process of its own. Says `ready`, and `{"statements":…,"ms":…}` at its end;
 * kills itself by signal 9 at its `killAt`-th statement: before it, or once it is on its way.
 */
import { Socket } from 'node:net'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { Client } from 'pg'
import { openEventStore } from '../../../src/event-store/open.ts'
import { runReplay } from '../../../src/projection/replay.ts'
import { runProjection } from '../../../src/projection/run.ts'
import { openReportStore } from '../../../src/report-store/open.ts'
import { REPORTS } from '../../projection/reports/all.ts'
import type { ChildTask } from './killed-run.ts'
import { checkpointFirst } from './checkpoint-first.ts'

const task = JSON.parse(process.argv[2] ?? '{}') as ChildTask
const definition = REPORTS[task.report]?.definition
if (definition === undefined) throw new Error(`no report ${task.report}`)

let statements = 0
type Method = (this: unknown, ...args: unknown[]) => unknown

/** Replaces a method by itself, counted. */
function countCalls(prototype: object, name: string): void {
  const method = (prototype as Record<string, Method>)[name]
  const counted: Method = function counted(...args) {
    statements += 1
    const isLast = statements === task.killAt
    if (isLast && task.side === 'before') process.kill(process.pid, 'SIGKILL')
    const result = method?.apply(this, args)
    // in a database with a server, what was sent is done; nobody hears the answer
    if (isLast) process.kill(process.pid, 'SIGKILL')
    return result
  }
  Object.assign(prototype, { [name]: counted })
}
for (const name of ['run', 'get', 'all']) countCalls(StatementSync.prototype, name)
countCalls(DatabaseSync.prototype, 'exec')
countCalls(Client.prototype, 'query')
// MongoDB's driver shows its commands to nobody before they are sent
if (task.reports.startsWith('mongodb:')) countCalls(Socket.prototype, 'write')

const eventStore = await openEventStore(task.events)
const opened = await openReportStore(task.reports)
const reportStore = task.isTorn ? checkpointFirst(opened) : opened
process.stdout.write('ready\n')
const startedAt = performance.now()
const { name, batchEvents } = task
const run = { name, definition, eventTypes: [], eventStore, reportStore, batchEvents }
if (task.what === 'projection') await runProjection(run)
else await runReplay({ ...run, maxRows: 20 })
const ms = performance.now() - startedAt
process.stdout.write(`${JSON.stringify({ statements, ms })}\n`)
await eventStore.close()
await reportStore.close()
