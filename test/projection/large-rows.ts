/**
 * A replay in a process of its own: `large-rows.ts EVENT_STORE REPORT_STORE`. Each row takes 16 kB. Prints how many
 * are shown.
 */
import * as z from 'zod'
import { openEventStore } from '../../src/event-store/open.ts'
import { defineProjection } from '../../src/index.ts'
import { runReplay } from '../../src/projection/replay.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import { counted } from './counting.ts'

const [events = '', reports = ''] = process.argv.slice(2)

const definition = defineProjection({
  version: 1,
  events: [counted],
  key: { counter: z.string() },
  row: { text: z.string().default('') },
  at: (event) => ({ counter: event.meta.aggregate_id }),
  when: {
    counted: (row, event) => {
      row.text = Array.from({ length: 2000 }, () => String(10_000_000 + event.payload.by)).join('')
    },
  },
})

const eventStore = await openEventStore(events)
const reportStore = await openReportStore(reports)
const { shown } = await runReplay({ name: 'large', definition, eventStore, reportStore, batchEvents: 100 })
console.log(shown)
await eventStore.close()
await reportStore.close()
