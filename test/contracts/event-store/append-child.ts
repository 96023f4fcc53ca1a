/**
 * A process of its own that appends: `node append-child.ts URL NAME CALLS EVENTS`. Writes the number of each
 * call to standard output once it is acknowledged. Event n of call k has the name `NAME k n`; the event
 * `shared k` is sent by every process.
 */
import { openEventStore } from '../../../src/event-store/open.ts'
import { anEvent, events } from './fixture.ts'

const [url = '', name = '', calls = '0', count = '0'] = process.argv.slice(2)
const store = await openEventStore(url)
for (let call = 0; call < Number(calls); call += 1) {
  await store.append([
    anEvent(`shared ${call}`),
    ...events(Number(count), (n) => anEvent(`${name} ${call} ${n}`)),
  ])
  process.stdout.write(`${call}\n`)
}
await store.close()
