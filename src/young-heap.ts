import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation at the size that it starts with. It would grow while batches wait for the store,
 * to some hundred MiB, although nearly all that an import makes is garbage at once: small, it stays in the
 * processor's cache, as fast, and peak memory does not grow with the source (bench/import-memory).
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
