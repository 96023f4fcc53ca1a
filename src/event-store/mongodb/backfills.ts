import type { Backfill, BackfillRegister } from '../event-store.ts'
import { BACKFILLS, runningBackfills } from './backfill-holds.ts'
import { beginBackfill, endBackfill, toBackfill } from './begin-backfill.ts'
import { causally } from './causal.ts'
import type { Database } from './database.ts'
import type { BackfillDocument } from './schema.ts'

export { confirmBackfill, foremostReader, prepareBackfill } from './prepare-backfill.ts'

export class MongoBackfills implements BackfillRegister {
  readonly #open: () => Promise<Database>

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  async begin(importId: string, ttlMs: number): Promise<Backfill> {
    return beginBackfill(await this.#open(), { importId, ttlMs })
  }

  async end(number: number): Promise<void> {
    await endBackfill(await this.#open(), number)
  }

  async since(number: number): Promise<Backfill[]> {
    const database = await this.#open()
    return causally(database, async (session) => {
      // what is told to be over must not go on: it is written down first
      await runningBackfills(database, session)
      const found = await database.repeat(() =>
        database
          .collection<BackfillDocument>(BACKFILLS)
          .find({ _id: { $gt: number } }, { session })
          .sort({ _id: 1 })
          .toArray(),
      )
      return found.map(toBackfill)
    })
  }
}
