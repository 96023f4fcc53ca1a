import type { NewEvent } from '../../event/event.ts'
import type { Connection } from './connection.ts'

/** What the store says of an event: not there, there with the same digest, or there with another one. */
export type Known = 'new' | 'duplicate' | 'conflict'

type Identity = Pick<NewEvent, 'id' | 'digest'>

/** Looks ids up among the live events and the tombstones, as one snapshot or transaction sees them. */
export class KnownEvents {
  readonly #live
  readonly #archived
  /** Most stores have no tombstones at first; then nothing is asked of them. */
  readonly #hasTombstones: boolean

  constructor(connection: Connection) {
    this.#live = connection.statement('SELECT digest FROM events WHERE id = ?')
    this.#archived = connection.statement('SELECT digest FROM tombstones WHERE id = ?')
    this.#hasTombstones = connection.get('SELECT 1 FROM tombstones LIMIT 1') !== undefined
  }

  look(event: Identity): Known {
    const live = this.#live.get(event.id)
    return live === undefined ? this.lookArchived(event) : compare(live, event)
  }

  lookArchived(event: Identity): Known {
    if (!this.#hasTombstones) return 'new'
    const archived = this.#archived.get(event.id)
    return archived === undefined ? 'new' : compare(archived, event)
  }
}

function compare(row: unknown, { digest }: Identity): 'duplicate' | 'conflict' {
  const [stored] = row as [Uint8Array]
  return Buffer.compare(stored, digest) === 0 ? 'duplicate' : 'conflict'
}
