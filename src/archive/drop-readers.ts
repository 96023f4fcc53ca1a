import { DemetraError, EXIT } from '../errors.ts'
import type { EventStore } from '../event-store/event-store.ts'

/**
 * Forgets how far reports of these names have read, which are no more; one that is there after all says it again with its
 * next run.
 *
 * @throws DemetraError DEMETRA_NO_READER, exit 2, naming those that there are
 */
export async function dropReaders(store: EventStore, names: readonly string[]): Promise<void> {
  const readers = await store.readers.list()
  for (const name of names) {
    const dropped = readers.filter((reader) => reader.name === name)
    if (dropped.length === 0) throw noReader(name, [...new Set(readers.map((reader) => reader.name))])
    for (const reader of dropped) await store.readers.drop(reader)
  }
}

function noReader(name: string, names: readonly string[]): DemetraError {
  return new DemetraError(`No report ${name} has read this event store`, {
    code: 'DEMETRA_NO_READER',
    exitCode: EXIT.usage,
    hints: [
      names.length === 0
        ? 'none has so far'
        : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`,
    ],
  })
}
