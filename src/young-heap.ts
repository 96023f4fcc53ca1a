import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation at the size that it starts with. It would grow while batches wait for the store,
 * to some hundred MiB, although nearly all that an import or an archive run makes is garbage at once: small, it stays in
 * the processor's cache, as fast, and peak memory does not grow with what is moved (bench/import-memory, archive-memory).
 * To be called before threads are begun, which then keep theirs small too.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
