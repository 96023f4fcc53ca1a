import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEventStore } from '../../src/event-store/open.ts'
import type { EventStoreDatabase } from '../contracts/event-store.contract.ts'

/** A file of its own in a folder of its own. */
export async function temporaryDatabase(): Promise<EventStoreDatabase & { folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'demetra-store-'))
  const path = join(folder, 'demetra.db')
  const url = `sqlite:${path}`
  return {
    folder,
    path,
    url,
    open: () => openEventStore(url),
    dispose: () => rm(folder, { recursive: true, force: true }),
  }
}
