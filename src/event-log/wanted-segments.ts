import type { LogPoint } from '../event/event.ts'
import type { Catalogue, SegmentList } from '../event-store/catalogue.ts'
import type { ReadOptions } from '../event-store/event-store.ts'
import { inLogOrder } from '../event/log-order.ts'

/** What is wanted of the log; `after` moves on as it is read. */
export type Wanted = Pick<ReadOptions, 'upTo' | 'types'> & { after?: LogPoint | undefined }

/** The segments in which wanted events can stand, by where they begin. */
export async function wantedSegments(
  catalogue: Catalogue,
  { after, upTo, types }: Wanted,
): Promise<SegmentList> {
  const { revision, segments } = await catalogue.segments({
    // its own position too: others may stand there behind it
    ...(after === undefined || after.position <= 0n ? {} : { after: after.position - 1n }),
    ...(upTo === undefined ? {} : { upTo }),
  })
  const wanted = segments.filter(
    ({ state, content, last }) =>
      (state === 'committed' || state === 'purged') &&
      (after === undefined || inLogOrder(last, after) > 0) &&
      (types === undefined || content?.types.some(({ type }) => types.includes(type)) === true),
  )
  return { revision, segments: wanted.toSorted((a, b) => inLogOrder(a.first, b.first)) }
}
