import type { DatabaseSync } from 'node:sqlite'
import type { Generation, ReportStatus } from './report-store.ts'
import { readStatus } from './sqlite-bookkeeping.ts'
import { query } from './sqlite-connection.ts'

const OF = 'WHERE name = ? AND generation = ?'
const SWITCHABLE = `${OF} AND lease_token = ? AND lease_owner IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM demetra_reports AS later
  WHERE later.name = demetra_reports.name AND later.in_use = 1 AND later.generation > demetra_reports.generation)`

/** Looks generations up. `now` tells whether their leases still run. */
export class SqliteStatuses {
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  find(database: DatabaseSync, { name, generation }: Generation): ReportStatus | null {
    return this.#select(database, OF, name, generation)[0] ?? null
  }

  inUse(database: DatabaseSync, name: string): ReportStatus | null {
    return this.#select(database, 'WHERE name = ? AND in_use = 1', name)[0] ?? null
  }

  allInUse(database: DatabaseSync): ReportStatus[] {
    return this.#select(database, 'WHERE in_use = 1 ORDER BY name')
  }

  all(database: DatabaseSync, name: string): ReportStatus[] {
    return this.#select(database, 'WHERE name = ? ORDER BY generation', name)
  }

  /** Null: the lease was lost, or a later generation is in use. */
  switchable(database: DatabaseSync, of: Generation, token: bigint): ReportStatus | null {
    return this.#select(database, SWITCHABLE, of.name, of.generation, token)[0] ?? null
  }

  #select(database: DatabaseSync, where: string, ...values: (string | number | bigint)[]): ReportStatus[] {
    const now = this.#now()
    const rows = query(database, `SELECT * FROM demetra_reports ${where}`, ...values)
    return rows.map((row) => readStatus(row, now))
  }
}
