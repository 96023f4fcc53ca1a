import type { NewToken, StoredToken } from '../event-store.ts'
import { tokenExists } from '../token-exists.ts'
import type { Connection } from './connection.ts'
import { TOKENS } from './schema.ts'

const COLUMNS = 'id, hash, services, read, note, created_at, revoked_at'
type Row = [string, Uint8Array, string, bigint, string | null, bigint, bigint | null]

/** Inside a transaction, like `revokeToken`. */
export function addToken(connection: Connection, token: NewToken, now: number): void {
  connection.db.exec(TOKENS.sql)
  const { id, hash, services, read, note } = token
  const added = connection.run(
    `INSERT INTO demetra_tokens (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING`,
    id,
    hash,
    JSON.stringify(services),
    read ? 1 : 0,
    note,
    now,
  )
  if (added === 1) return
  const known = findToken(connection, id)
  if (known === null || Buffer.compare(known.hash, hash) !== 0) throw tokenExists(id)
}

export function revokeToken(connection: Connection, id: string, now: number): boolean {
  if (!hasTokens(connection)) return false
  return (
    connection.run('UPDATE demetra_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?', now, id) ===
    1
  )
}

export function findToken(connection: Connection, id: string): StoredToken | null {
  if (!hasTokens(connection)) return null
  const row = connection.get<Row>(`SELECT ${COLUMNS} FROM demetra_tokens WHERE id = ?`, id)
  return row === undefined ? null : toToken(row)
}

export function listTokens(connection: Connection): StoredToken[] {
  if (!hasTokens(connection)) return []
  return connection.all<Row>(`SELECT ${COLUMNS} FROM demetra_tokens ORDER BY created_at, rowid`).map(toToken)
}

/** A file of before has no table for them, and one that may only be read is given none. */
function hasTokens(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM sqlite_schema WHERE name = ?', TOKENS.name) !== undefined
}

function toToken([id, hash, services, read, note, createdAt, revokedAt]: Row): StoredToken {
  return {
    id,
    hash,
    services: JSON.parse(services) as string[],
    read: read === 1n,
    note,
    createdAt: Number(createdAt),
    revokedAt: revokedAt === null ? null : Number(revokedAt),
  }
}
