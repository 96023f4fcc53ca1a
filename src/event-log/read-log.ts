import type { LogPoint, StoredEvent } from '../event/event.ts'
import type { CatalogueSegment } from '../event-store/catalogue.ts'
import type { EventStore, ReadOptions } from '../event-store/event-store.ts'
import { inLogOrder, LOG_START } from '../event/log-order.ts'
import type { ArchiveReader } from './archive-reader.ts'
import { CatalogueGrew, checkedBatches } from './checked-batches.ts'
import { mergeBatches, type Source } from './merge.ts'
import { wantedSegments, type Wanted } from './wanted-segments.ts'

/** What is to be read, and how it is found. */
export interface LogQuery extends ReadOptions {
  /** Live events, each of these in log order. */
  live: (store: EventStore, after: LogPoint | undefined) => AsyncIterable<StoredEvent[]>[]
  /** For what an index by place and type does not find. */
  selection?: Selection
  /** As LogFilter has it. */
  isDecoded?: boolean
  /** Called before a segment is read, from 1, of how many. */
  onSegment?: OnSegment | undefined
}

export type OnSegment = (nth: number, of: number) => void

export interface Selection {
  /** Stands in the line of each event that is wanted, and perhaps in others. */
  text: string
  isWanted: (event: StoredEvent) => boolean
}

const BATCH_EVENTS = 1000

/** Live and archived events as one sequence. Where the catalogue grows meanwhile, it goes on from where it stood. */
export async function* readLog(
  store: EventStore,
  archive: ArchiveReader,
  query: LogQuery,
): AsyncGenerator<StoredEvent[]> {
  const { catalogue } = store
  let { after } = query
  for (;;) {
    const { revision, segments } = await wantedSegments(catalogue, { ...query, after })
    const rest = { ...query, after }
    const live = query.live(store, after).map((batches) => ({
      from: LOG_START,
      open: () => selected(checkedBatches(catalogue, revision, batches), rest),
    }))
    const archived = segments.map((segment, i) =>
      segmentSource(archive, segment, rest, () => query.onSegment?.(i + 1, segments.length)),
    )
    try {
      for await (const batch of mergeBatches([...live, ...archived], query.batchEvents ?? BATCH_EVENTS)) {
        yield batch
        after = batch.at(-1)
      }
      return
    } catch (error) {
      if (!(error instanceof CatalogueGrew)) throw error
    }
  }
}

function segmentSource(
  archive: ArchiveReader,
  segment: CatalogueSegment,
  { selection, isDecoded = false, ...wanted }: Wanted & Pick<LogQuery, 'selection' | 'isDecoded'>,
  onOpen: () => void,
): Source {
  const { after, upTo, types } = wanted
  const options = {
    isDecoded,
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(types === undefined ? {} : { types }),
  }
  return {
    from: after === undefined || inLogOrder(segment.first, after) > 0 ? segment.first : after,
    open: () => {
      onOpen()
      if (selection === undefined) return archive.read(segment, options)
      return selected(archive.read(segment, { containing: selection.text }), { ...wanted, selection })
    },
    prepare: () => archive.prepare(segment),
  }
}

async function* selected(
  batches: AsyncIterable<StoredEvent[]>,
  { after, upTo, types, selection }: Wanted & Pick<LogQuery, 'selection'>,
): AsyncGenerator<StoredEvent[]> {
  if (selection === undefined) return yield* batches
  for await (const batch of batches) {
    const events = batch.filter(
      (event) =>
        (after === undefined || inLogOrder(event, after) > 0) &&
        (upTo === undefined || event.position <= upTo) &&
        (types === undefined || types.includes(event.type)) &&
        selection.isWanted(event),
    )
    if (events.length > 0) yield events
  }
}
