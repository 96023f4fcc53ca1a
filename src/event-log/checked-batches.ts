import type { StoredEvent } from '../event/event.ts'
import type { Catalogue } from '../event-store/catalogue.ts'

/** Events may have gone to the archive that the list of segments in use does not know: the reading begins anew. */
export class CatalogueGrew extends Error {}

/**
 * Live batches that are proved to have missed nothing: after each, and at the end, the catalogue still has the revision
 * of the list of segments that is in use. The next batch is on its way while that is asked.
 *
 * @throws CatalogueGrew instead of a batch that may lack events
 */
export async function* checkedBatches(
  catalogue: Catalogue,
  revision: number,
  live: AsyncIterable<StoredEvent[]>,
): AsyncGenerator<StoredEvent[]> {
  const batches = live[Symbol.asyncIterator]()
  let next = batches.next()
  try {
    for (;;) {
      const { done, value } = await next
      const now = catalogue.revision()
      if (done !== true) next = batches.next()
      // what fails is told when its turn comes
      next.catch(() => undefined)
      if ((await now) !== revision) throw new CatalogueGrew()
      if (done === true) return
      yield value
    }
  } finally {
    await batches.return?.()
  }
}
