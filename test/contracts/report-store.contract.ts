import { afterEach, describe } from 'vitest'
import { commitTests } from './report-store/commits.ts'
import { generationTests } from './report-store/generations.ts'
import { leaseTests } from './report-store/leases.ts'
import { memoryTests } from './report-store/memory.ts'
import { readerTests } from './report-store/readers.ts'
import { readingTests } from './report-store/reading.ts'
import { reportTests } from './report-store/reports.ts'
import { rowTests } from './report-store/rows.ts'
import { switchingTests } from './report-store/switching.ts'
import { makeSuite, type ReportStoreHarness } from './report-store/support.ts'

/** Holds an adapter to what src/report-store/report-store.ts promises. */
export function reportStoreContract(adapter: string, harness: ReportStoreHarness): void {
  describe(`${adapter} keeps what the port promises`, () => {
    const suite = makeSuite(harness)
    afterEach(() => suite.close())
    reportTests(suite)
    rowTests(suite)
    commitTests(suite)
    leaseTests(suite)
    readingTests(suite)
    generationTests(suite)
    switchingTests(suite)
    readerTests(suite)
    memoryTests(suite)
  })
}
