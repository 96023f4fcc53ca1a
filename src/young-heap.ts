import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const LOOK_EVERY_MS = 20
const BOUND_BYTES = 16 * 1024 * 1024

/**
 * Keeps V8's young generation at the size that it starts with. It would grow while batches wait for the store,
 * to some hundred MiB, although nearly all that an import makes is garbage at once: small, it stays in the
 * processor's cache, as fast, and peak memory does not grow with the source (bench/import-memory).
 */
export function keepYoungHeapSmall(): void {
  growBy(1)
}

/**
 * Lets it grow to 16 MiB and no further. Where more outlives a collection, as of the calls that wait for MongoDB, the
 * smallest one costs a third more processor time; at 16 MiB an archive run takes next to nothing more, and 80 to 130 MiB less
 * memory than the 128 MiB to which V8 goes (bench/archive-memory). Call it once, before the work.
 */
export function boundYoungHeap(): void {
  let growth = 2
  setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    const wanted = (young?.space_size ?? 0) < BOUND_BYTES ? 2 : 1
    if (wanted !== growth) growBy((growth = wanted))
  }, LOOK_EVERY_MS).unref()
}

/** 1: not at all. Of all threads of the process. */
function growBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}
