import { formatTime } from '../event/time.ts'
import type { StoredToken } from '../event-store/event-store.ts'
import { tableText } from './table.ts'

/** A token as it may be shown. */
export interface TokenLine {
  id: string
  services: string[]
  read: boolean
  note: string | null
  /** RFC 3339. */
  createdAt: string
  revokedAt: string | null
}

export function tokenLine({ id, services, read, note, createdAt, revokedAt }: StoredToken): TokenLine {
  const revoked = revokedAt === null ? null : formatTime(revokedAt)
  return { id, services, read, note, createdAt: formatTime(createdAt), revokedAt: revoked }
}

const COLUMNS = ['id', 'sends for', 'reads', 'created', 'revoked', 'note'].map((header) => ({ header }))

export function tokensText(tokens: readonly TokenLine[]): string {
  if (tokens.length === 0) return 'There are no tokens yet. `demetra token create --service core` makes one.'
  const rows = tokens.map(({ id, services, read, createdAt, revokedAt, note }) => [
    id,
    services.join(', '),
    read ? 'everything' : 'its own',
    createdAt,
    revokedAt ?? '',
    note ?? '',
  ])
  return tableText(COLUMNS, rows).trimEnd()
}
