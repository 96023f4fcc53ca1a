/**
 * A process that appends until it is told to end: `node writer-child.ts URL NAME ORDER [own]`. A call that failed for
 * now is sent again as it was, until it is stored. Writes a line for each:
 * `stored CALL EVENTS` once a call is acknowledged, with the events of all calls so far, and `refused CODE`.
 *
 * `own`: it gives the positions itself, by its own clock. Nothing can keep that promise; it shows that tests see it
 * broken.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { positionAt } from '../../../src/event/position.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { isForNow } from './for-now.ts'
import { WriterEvents } from './writer-events.ts'

/** So that four of them leave some of the machine to the others. */
const LONGEST_PAUSE_MS = 100
const RETRY_AFTER_MS = 100

const [url = '', name = '', order = 'call', stamps] = process.argv.slice(2)
const end = new AbortController()
process.on('SIGTERM', () => end.abort())

const store = await openEventStore(url)
const calls = new WriterEvents(name)
for (let call = 0; !end.signal.aborted; call += 1) {
  const events = calls.next()
  if (stamps === 'own') {
    const first = positionAt(Date.now())
    for (const [n, event] of events.entries()) event.position = first + BigInt(n)
  }
  for (;;) {
    try {
      await store.append(events, { order: order === 'aggregate' ? 'aggregate' : 'call' })
      break
    } catch (error) {
      if (!isForNow(error)) throw error
      process.stdout.write(`refused ${error.code}\n`)
      await delay(RETRY_AFTER_MS)
    }
  }
  process.stdout.write(`stored ${call} ${calls.count}\n`)
  await delay(Math.random() * LONGEST_PAUSE_MS)
}
await store.close()
