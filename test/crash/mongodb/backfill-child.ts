/**
 * A process that fills in history: `node backfill-child.ts URL NAME CALLS TTL_MS [stale]`. Its events stand right above
 * what readers have been given when it began; with `stale` in the year 2016, below all readers. Writes a line for each
 * call, `stored CALL EVENTS`, and `refused CODE` where it has to end before.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { positionAt } from '../../../src/event/position.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { isForNow } from './for-now.ts'
import { WriterEvents } from './writer-events.ts'

const LONGEST_PAUSE_MS = 100

const [url = '', name = '', calls = '0', ttlMs = '0', stale] = process.argv.slice(2)
const store = await openEventStore(url)
const { number, holdsFrom } = await store.backfills.begin(name, Number(ttlMs))
const written = new WriterEvents(name)
let position = stale === 'stale' ? positionAt(Date.UTC(2016, 0, 1) + number * 1000) : holdsFrom
try {
  for (let call = 0; call < Number(calls); call += 1) {
    const events = written.next()
    for (const event of events) event.position = position += 1n
    await store.append(events, { backfill: { number, staleReports: stale === 'stale' } })
    process.stdout.write(`stored ${call} ${written.count}\n`)
    await delay(Math.random() * LONGEST_PAUSE_MS)
  }
  await store.backfills.end(number)
} catch (error) {
  if (!isForNow(error)) throw error
  process.stdout.write(`refused ${error.code}\n`)
}
await store.close()
