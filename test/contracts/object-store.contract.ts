import { afterEach, describe } from 'vitest'
import { creatingTests } from './object-store/creating.ts'
import { listingTests } from './object-store/listing.ts'
import { readingTests } from './object-store/reading.ts'
import { makeSuite, type ObjectStoreHarness } from './object-store/support.ts'

/** Holds an adapter to what src/object-store/object-store.ts promises. */
export function objectStoreContract(adapter: string, harness: ObjectStoreHarness): void {
  describe(`${adapter} keeps what the port promises`, () => {
    const suite = makeSuite(harness)
    afterEach(() => suite.close())
    creatingTests(suite)
    readingTests(suite)
    listingTests(suite)
  })
}
