import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DemetraError } from '../../src/errors.ts'
import { plainLine } from '../support/events.ts'
import { importContent, temporaryStore } from '../support/import.ts'

const numbersIn = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { record: number }).record)

describe('a rejects file', () => {
  it('that cannot be written ends the run, and nothing of the batch counts', async () => {
    await using temporary = await temporaryStore()
    const { result, failure } = await importContent(temporary, `${plainLine(1)}\nx\n`, {
      rejectsPath: join(temporary.folder, 'gone', 'rejects'),
    })
    expect(failure).toMatchObject({ code: 'DEMETRA_REJECTS_FILE', exitCode: 1 })
    expect(result).toMatchObject({ records: 0, events: 0, unsettled: 0, rejected: 0, rejectsFile: null })
  })

  it('elsewhere at a resume holds what is rejected from there on; the first one stays as it is', async () => {
    await using temporary = await temporaryStore()
    const [first, second] = [join(temporary.folder, '1', 'rejects'), join(temporary.folder, '2', 'rejects')]
    mkdirSync(dirname(first))
    mkdirSync(dirname(second))
    const dump = `${plainLine(1)}\nx\n`.repeat(40_000)
    const stopping = new AbortController()
    await importContent(temporary, dump, {
      rejectsPath: first,
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    const before = numbersIn(first)
    const { result, failure } = await importContent(temporary, dump, { rejectsPath: second })
    expect(failure).toBeUndefined()
    expect(numbersIn(first)).toEqual(before)
    expect(numbersIn(second)).toHaveLength(40_000 - before.length)
    expect(result.rejectsFile).toBe(second)
  })

  it('of a batch that the store refused is as it was before', async () => {
    await using temporary = await temporaryStore()
    await temporary.store.readers.advance({
      reportStore: 'sqlite:r.db',
      name: 'funnel',
      generation: 1,
      readTo: 2n ** 62n,
    })
    const { result, failure } = await importContent(temporary, `${plainLine(1)}\nx\n`, { format: 'ndjson' })
    expect((failure as DemetraError).code).toBe('DEMETRA_BACKFILL_BELOW_READERS')
    expect(result).toMatchObject({ records: 0, rejected: 0, rejectsFile: null, rejectSamples: [] })
    expect(existsSync(join(temporary.folder, 'dump.rejects.ndjson'))).toBe(false)
  })
})
