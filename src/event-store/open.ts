import { DemetraError, EXIT } from '../errors.ts'
import { redactUrl } from '../text/redact.ts'
import type { EventStore, MissingStore } from './event-store.ts'

export interface OpenEventStoreOptions {
  /** Default create. */
  missing?: MissingStore
  /** UUID of a store that is created by this; one that is there keeps its own. Default a new one. */
  storeId?: string
  /** Milliseconds that the stable position stays behind; for stores with several writers (MongoDB). */
  stabilityMs?: number
  /** Milliseconds since 1970, where the store's clock is this machine's. Default Date.now. */
  now?: () => number
}

/**
 * The event store behind a URL: `sqlite:PATH` or `mongodb://HOST/DATABASE`. Nothing is opened or made yet: the first call does it.
 *
 * @throws DemetraError DEMETRA_STORE_URL, exit 2, for a URL of any other form
 */
export async function openEventStore(url: string, options: OpenEventStoreOptions = {}): Promise<EventStore> {
  const { missing = 'create', now = Date.now, stabilityMs, storeId } = options
  if (/^mongodb(?:\+srv)?:\/\//u.test(url)) {
    const { MongoEventStore } = await import('./mongodb.ts')
    return new MongoEventStore(url, {
      missing,
      storeId,
      ...(stabilityMs === undefined ? {} : { stabilityMs }),
    })
  }
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/su.exec(url)?.[1]
  // In memory there is nothing that another thread or process could open.
  if (path === undefined || path === ':memory:') {
    throw new DemetraError(
      `Cannot open the event store '${redactUrl(url)}': expected sqlite:PATH or mongodb://HOST/DATABASE`,
      {
        code: 'DEMETRA_STORE_URL',
        exitCode: EXIT.usage,
        hints: [
          'Set `store` in the configuration, DEMETRA_STORE or --store, e.g. `--store sqlite:demetra.db`',
        ],
      },
    )
  }
  const { SqliteEventStore } = await import('./sqlite.ts')
  return new SqliteEventStore(path, { missing, now, storeId })
}
