import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { importFiles } from '../../src/import/import-files.ts'
import { sumResults } from '../../src/import/sum-results.ts'
import { verifyFiles } from '../../src/verify/verify-files.ts'
import { plainLine, plainLines } from '../support/events.ts'
import { importOptions, temporaryStore, type TemporaryStore } from '../support/import.ts'

const A = `${plainLine(1)}\n`
const B = `${plainLine(1, { other: true })}\n`
const LATER = `${plainLine(2).replace('2016', '2999')}\n`

/** The counts of both, under import's names. */
async function both(temporary: TemporaryStore, dumps: (string | Buffer)[], position: 'created' | 'received') {
  const specs = dumps.map((dump, i) => {
    const path = join(temporary.folder, `${i}.dump`)
    writeFileSync(path, dump)
    return { name: path, path }
  })
  const options = { ...importOptions(temporary, ''), position, cwd: temporary.folder, rejectsDir: undefined }
  const verified = await verifyFiles(specs, { ...options, onSource: () => Promise.resolve(() => {}) })
  const imported = await importFiles(specs, { ...options, onSource: () => Promise.resolve(() => {}) })
  const sum = (count: (result: (typeof verified.results)[number]) => number): number =>
    verified.results.reduce((total, result) => total + count(result), 0)
  const { records, events, written, duplicates, conflicts, rejected } = sumResults(imported.results)
  return {
    verify: {
      records: sum((result) => result.records),
      events: sum((result) => result.events),
      written: sum((result) => result.new),
      duplicates: sum((result) => result.duplicatesInSource + result.duplicatesInStore),
      conflicts: sum((result) => result.conflicts),
      rejected: sum((result) => result.rejected),
    },
    import: { records, events, written, duplicates, conflicts, rejected },
    failures: [verified.failure, imported.failure],
  }
}

it.each([
  ['the same id again, with other contents between', [A + B + A + B], 'created'],
  ['the same id with another content twice', [A + B + B], 'created'],
  ['the same dump under two names', [plainLines(5), plainLines(6)], 'created'],
  ['a conflict with the dump before', [A, B], 'created'],
  ['an event later than now', [A + LATER], 'created'],
  ['an event later than now, at the end of the log', [A + LATER], 'received'],
] as const)('verify counts what import then does: %s', async (_, dumps, position) => {
  await using temporary = await temporaryStore()
  const { verify, import: imported, failures } = await both(temporary, [...dumps], position)
  expect(verify).toEqual(imported)
  expect(failures).toEqual([undefined, undefined])
})

it('a source that cannot be read on is told, what came before and behind it is counted', async () => {
  await using temporary = await temporaryStore()
  const whole = gzipSync(plainLines(20_000), { level: 1 })
  const dumps = [whole.subarray(0, whole.length >> 1), plainLines(20_001)]
  const { verify, import: imported, failures } = await both(temporary, dumps, 'created')
  expect(verify).toEqual(imported)
  expect(verify).toMatchObject({ written: 20_001 })
  expect(verify.duplicates).toBeGreaterThan(1000)
  for (const failure of failures) expect(failure).toMatchObject({ code: 'DEMETRA_SOURCE_TRUNCATED' })
})

it('a failure says which of many dumps it is about', async () => {
  await using temporary = await temporaryStore()
  const { failures } = await both(temporary, [A, 'what,when\nPaid,2016-01-01\n'], 'created')
  for (const failure of failures) {
    expect(failure).toMatchObject({
      code: 'DEMETRA_MAPPING_MISSING',
      context: { source: join(temporary.folder, '1.dump') },
    })
  }
})
