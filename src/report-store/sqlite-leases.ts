import { generationGone } from './generation-gone.ts'
import type { Generation, ReportLease, ReportLeaseRefusal } from './report-store.ts'
import { query, type SqliteConnection } from './sqlite-connection.ts'

const OF = 'WHERE name = ? AND generation = ?'

/** The leases of generations, in their rows of `demetra_reports`. `now`: milliseconds since 1970. */
export class SqliteLeases {
  readonly #connection: SqliteConnection
  readonly #now: () => number

  constructor(connection: SqliteConnection, now: () => number) {
    this.#connection = connection
    this.#now = now
  }

  acquire(
    { name, generation }: Generation,
    owner: string,
    ttlMs: number,
    isGone: (owner: string) => boolean,
  ): ReportLease | ReportLeaseRefusal {
    return this.#connection.write((database) => {
      const now = this.#now()
      const select = `SELECT lease_owner, lease_expires_at FROM demetra_reports ${OF}`
      const [row] = query(database, select, name, generation)
      if (row === undefined) throw generationGone({ name, generation }, this.#connection.url)
      const holder = row['lease_owner'] as string | null
      const expiresAt = Number(row['lease_expires_at'])
      if (holder !== null && expiresAt > now && !isGone(holder)) {
        return { granted: false, owner: holder, expiresAt }
      }
      const take = `UPDATE demetra_reports
        SET lease_owner = ?, lease_expires_at = ?, lease_token = lease_token + 1 ${OF} RETURNING lease_token`
      const [taken] = query(database, take, owner, now + ttlMs, name, generation)
      return { granted: true, token: taken?.['lease_token'] as bigint }
    })
  }

  renew({ name, generation }: Generation, token: bigint, ttlMs: number): boolean {
    const sql = `UPDATE demetra_reports SET lease_expires_at = ?
      ${OF} AND lease_token = ? AND lease_owner IS NOT NULL RETURNING name`
    return this.#connection.write(
      (database) => query(database, sql, this.#now() + ttlMs, name, generation, token).length > 0,
    )
  }

  release({ name, generation }: Generation, token: bigint): void {
    const sql = `UPDATE demetra_reports SET lease_owner = NULL, lease_expires_at = NULL
      ${OF} AND lease_token = ?`
    this.#connection.write((database) => query(database, sql, name, generation, token))
  }
}
