/**
 * What bench/archived-replay.ts measures, in a folder with an event store and its archive. Prints what was found and how
 * long it took. Arguments: `fold`, for the fold of the peer on the event log, or `report`, for a whole replay into a
 * report; the one type that is wanted, if not all.
 */
import { EventReader } from '../../src/event/domain-event.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import { runReplay } from '../../src/projection/replay.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import { foldInto, summary, type FoldedRow } from './fold.ts'
import { all, rare } from './fold-projection.ts'

// what these open imports its modules when it is asked to: they are loaded before the clock starts, as the peer's are
await Promise.all([
  import('../../src/event-store/sqlite.ts'),
  import('../../src/object-store/directory.ts'),
  import('../../src/report-store/sqlite.ts'),
])

const [what, wanted = ''] = process.argv.slice(2)
const type = wanted === '' ? undefined : wanted
const startedAt = performance.now()
const store = await openEventStore('sqlite:events.db')
const log = new EventLog(store, () => openObjectStore('file:archive'))
const seconds = (): number => (performance.now() - startedAt) / 1000

if (what === 'fold') {
  const reader = new EventReader([])
  const rows = new Map<number, FoldedRow>()
  for await (const batch of log.read({ isDecoded: true, ...(type === undefined ? {} : { types: [type] }) })) {
    for (const event of batch) {
      const { meta, payload } = reader.read(event)
      foldInto(rows, meta.aggregate_id, meta.created_at, payload)
    }
  }
  console.log(JSON.stringify({ seconds: seconds(), ...summary(rows) }))
} else {
  const reportStore = await openReportStore('sqlite:reports.db')
  const definition = type === undefined ? all : rare
  const { shown, events } = await runReplay({ name: 'bench', definition, eventStore: log, reportStore })
  console.log(JSON.stringify({ seconds: seconds(), rows: shown, events }))
  await reportStore.close()
}
await store.close()
