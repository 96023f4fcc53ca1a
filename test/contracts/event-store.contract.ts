import { describe, expect, test } from 'vitest'
import { appendTests } from './event-store/append.ts'
import { backfillTests } from './event-store/backfills.ts'
import { catalogueTests } from './event-store/catalogue.ts'
import { type EventStoreHarness, Opened } from './event-store/fixture.ts'
import { importTests } from './event-store/imports.ts'
import { leaseTests } from './event-store/leases.ts'
import { newsTests } from './event-store/news.ts'
import { processTests } from './event-store/processes.ts'
import { readTests } from './event-store/read.ts'
import { tokenTests } from './event-store/tokens.ts'
import { tombstoneTests } from './event-store/tombstones.ts'

export type { EventStoreDatabase, EventStoreHarness } from './event-store/fixture.ts'

/** What every event store promises (src/event-store/event-store.ts), whatever the database. */
export function eventStoreContract(adapter: string, harness: EventStoreHarness): void {
  describe(`${adapter} keeps what the port promises`, () => {
    test('declares what it can do', async () => {
      const opened = new Opened(harness)
      expect((await opened.store()).capabilities).toEqual(harness.capabilities)
      await opened.close()
    })
    appendTests(harness)
    readTests(harness)
    leaseTests(harness)
    importTests(harness)
    backfillTests(harness)
    newsTests(harness)
    catalogueTests(harness)
    tombstoneTests(harness)
    tokenTests(harness)
    processTests(harness)
  })
}
