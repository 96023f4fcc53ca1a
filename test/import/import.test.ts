import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { DemetraError } from '../../src/errors.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { defineEvent } from '../../src/event/define-event.ts'
import { eventCheck } from '../../src/import/event-check.ts'
import { defineImport } from '../../src/import/mapping/define-import.ts'
import type { Reject } from '../../src/import/reject.ts'
import { packedAndChanged } from '../support/changed-payload.ts'
import {
  exportText,
  importContent,
  importPath,
  temporaryStore,
  type TemporaryStore,
} from '../support/import.ts'
import { plainLine, plainLines } from '../support/events.ts'

const rejectsIn = (folder: string, name = 'dump'): Reject[] =>
  readFileSync(join(folder, `${name}.rejects.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reject)

/** The name of the lease under which it is imported. */
async function leaseOf(temporary: TemporaryStore, content: Buffer): Promise<string> {
  let held: ReturnType<EventStore['leases']['list']> | undefined
  await importContent(temporary, content, { onProgress: () => void (held ??= temporary.store.leases.list()) })
  return (await held)?.[0]?.name ?? ''
}

const MAPPING = {
  service: 'shop',
  type: '{what}',
  aggregate: 'order/{order}',
  createdAt: '{when}',
  timezone: 'UTC',
}

describe('a dump in its own form', () => {
  it.each([
    ['NDJSON', plainLines(50)],
    ['a JSON array', `[${plainLines(50).trimEnd().split('\n').join(',\n  ')}]`],
    [
      'an array inside a document',
      `{"exported":"today","data":{"events":[${plainLines(50).trimEnd().split('\n').join(',')}]}}`,
    ],
    ['gzip', gzipSync(plainLines(50))],
    ['zstd', zstdCompressSync(plainLines(50))],
    ['a BOM and CRLF', `\uFEFF${plainLines(50).replaceAll('\n', '\r\n')}`],
  ])('is imported: %s', async (_, content) => {
    await using temporary = await temporaryStore()
    const { result, failure } = await importContent(temporary, content)
    expect(failure).toBeUndefined()
    expect(result).toMatchObject({
      records: 50,
      events: 50,
      written: 50,
      duplicates: 0,
      rejected: 0,
      rejectsFile: null,
    })
    expect(await exportText(temporary.store)).toBe(plainLines(50))
  })

  it('imported twice stores nothing twice', async () => {
    await using temporary = await temporaryStore()
    await importContent(temporary, plainLines(50))
    const { result } = await importContent(temporary, plainLines(60), { name: 'more' })
    expect(result).toMatchObject({ events: 60, written: 10, duplicates: 50, conflicts: 0 })
  })

  it('tells a conflict with its place, and leaves what is stored', async () => {
    await using temporary = await temporaryStore()
    await importContent(temporary, plainLines(3))
    const { result } = await importContent(
      temporary,
      `${plainLine(1)}\n${plainLine(2, { changed: true })}\n`,
      { name: 'changed' },
    )
    expect(result).toMatchObject({ events: 2, duplicates: 1, conflicts: 1 })
    expect(result.conflictSamples).toMatchObject([
      { id: '00000000-0000-4000-8000-000000000002', record: 2, line: 2 },
    ])
    expect(await exportText(temporary.store)).toBe(plainLines(3))
  })

  it('with dotted CSV headers is the same event as its JSON', async () => {
    await using temporary = await temporaryStore()
    await importContent(temporary, `${plainLine(1, { amount: '3.0', n: 7, customer: { id: 'x' } })}\n`)
    const [id, type, time] = ['00000000-0000-4000-8000-000000000001', 'odd', '2016-01-01T00:00:01.000Z']
    const { result } = await importContent(
      temporary,
      `id,meta.service,meta.type,meta.created_at,meta.aggregate_id,payload.amount,payload.n,payload.customer.id\n` +
        `${id},core,${type},${time},number/1,3.0,7,x\n`,
      { name: 'csv', mapping: { number: ['payload.n'] } },
    )
    expect(result).toMatchObject({ duplicates: 1, conflicts: 0, rejected: 0 })
  })

  it('refuses events that happen later than now, but not the others', async () => {
    // by the store's clock, whatever this machine's says
    await using temporary = await temporaryStore(() => Date.UTC(2016, 0, 1) + 2000)
    const { result } = await importContent(temporary, plainLines(3))
    expect(result).toMatchObject({ written: 2, rejected: 1 })
    expect(rejectsIn(temporary.folder)[0]).toMatchObject({ record: 3, code: 'in-the-future' })
  })
})

describe('a mapped dump', () => {
  const CSV =
    'what,order,when,price,note\nOrder Placed,7,2016-05-01 10:00:00,12.50,\nOrder Paid,7,2016-05-01 10:05:00,12.50,"said ""thanks"""\n'

  it('becomes events by templates', async () => {
    await using temporary = await temporaryStore()
    const { result } = await importContent(temporary, CSV, {
      mapping: { ...MAPPING, number: ['price'], drop: ['when'] },
    })
    expect(result).toMatchObject({ records: 2, written: 2, identical: 0 })
    const events = (await exportText(temporary.store)).trimEnd().split('\n')
    expect(events[1]).toMatch(
      /"service":"shop","type":"order-paid","created_at":"2016-05-01T10:05:00.000Z","aggregate_id":"order\/7"\},"payload":\{"what":"Order Paid","order":"7","price":12.50,"note":"said \\"thanks\\""\}\}$/,
    )
    expect(events[0]).not.toContain('note')
  })

  it('is the same events by JSON as by CSV paths', async () => {
    await using temporary = await temporaryStore()
    const record = {
      kind: { name: 'Order Placed' },
      order: 7,
      when: '2016-05-01T10:00:00Z',
      data: { price: 12.5 },
    }
    const { result } = await importContent(temporary, `${JSON.stringify(record)}\n`, {
      mapping: { ...MAPPING, type: '{kind.name}', payload: '{data}' },
    })
    expect(result).toMatchObject({ written: 1, rejected: 0 })
    expect(await exportText(temporary.store)).toContain(
      '"type":"order-placed","created_at":"2016-05-01T10:00:00.000Z","aggregate_id":"order/7"},"payload":{"price":12.5}}',
    )
  })

  it('loses no row for being equal to another, and stores nothing twice when imported again', async () => {
    await using temporary = await temporaryStore()
    const row = 'Order Placed,7,2016-05-01 10:00:00,1,\n'
    const content = `what,order,when,price,note\n${row.repeat(3)}`
    const first = await importContent(temporary, content, { mapping: MAPPING })
    expect(first.result).toMatchObject({ written: 3, identical: 2 })
    const second = await importContent(temporary, content, { mapping: MAPPING })
    expect(second.result).toMatchObject({ written: 0, duplicates: 3, identical: 2 })
  })

  it.each([
    ['a missing flag', { service: 's', type: '{what}' }, /--aggregate, --created-at/],
    [
      'a column that is not there',
      { ...MAPPING, type: '{waht}' },
      /no column "waht" \(did you mean "what"\?\)/,
    ],
    ['no mapping at all', {}, /not in Demetra's own form/],
    ['an unbalanced template', { ...MAPPING, type: '{what' }, /a "\{" without its "\}"/],
  ])('says what is wrong with %s, exit 2', async (_, mapping, message) => {
    await using temporary = await temporaryStore()
    const { failure } = await importContent(temporary, CSV, { mapping })
    expect(failure).toBeInstanceOf(DemetraError)
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) as string })
  })

  it('by a map file: one record, one event, several or none', async () => {
    await using temporary = await temporaryStore()
    const paid = defineEvent({ type: 'paid', service: 'shop', payload: z.object({ price: z.number() }) })
    const definition = defineImport({
      record: {
        what: z.string(),
        order: z.coerce.number(),
        when: z.string(),
        price: z.coerce.number().min(0),
      },
      event: (record) => {
        if (record.what === 'skip') return null
        const event = paid({
          aggregate_id: `order/${record.order}`,
          created_at: new Date(`${record.when}Z`),
          payload: { price: record.price },
        })
        return record.what === 'twice' ? [event, { ...event, payload: { price: 0 } }] : event
      },
    })
    const options = { mapping: { map: 'map.ts' }, loadDefinition: () => Promise.resolve(definition) }
    const content =
      'what,order,when,price\none,1,2016-05-01T10:00:00,5\nskip,1,2016-05-01T10:00:00,5\ntwice,1,2016-05-01T10:00:00,5\none,x,2016-05-01T10:00:00,-1\n'
    const { result } = await importContent(temporary, content, options)
    expect(result).toMatchObject({ records: 4, events: 3, written: 3, ignored: 1, rejected: 1 })
    expect(rejectsIn(temporary.folder)[0]).toMatchObject({
      record: 4,
      line: 5,
      code: 'invalid-field',
      message: expect.stringMatching(/order: .*; price: /) as string,
    })
    const again = await importContent(temporary, content, { ...options, name: 'again' })
    expect(again.result).toMatchObject({ events: 3, duplicates: 3 })
  })
})

describe('payload schemas', () => {
  const paid = defineEvent({ type: 'odd', payload: z.object({ n: z.number().max(3) }), formerly: ['old'] })

  it('reject what does not fit, and only that', async () => {
    await using temporary = await temporaryStore()
    const { result } = await importContent(temporary, plainLines(6), { check: eventCheck([paid], false) })
    expect(result).toMatchObject({ events: 5, written: 5, rejected: 1 })
    expect(rejectsIn(temporary.folder)[0]).toMatchObject({
      record: 5,
      line: 5,
      code: 'invalid-payload',
      raw: plainLine(5),
    })
  })

  it('where strict is set, also refuse types without a file', async () => {
    await using temporary = await temporaryStore()
    const { result } = await importContent(temporary, plainLines(4), { check: eventCheck([paid], true) })
    expect(result).toMatchObject({ written: 2, rejected: 2 })
  })
})

describe('rejects', () => {
  it('can be repaired and imported, with the id of the new content and the place of the record', async () => {
    await using temporary = await temporaryStore()
    const csv =
      'what,order,when,price\nPlaced,1,2016-05-01 10:00:00,1\nPlaced,2,2016-05-01 25:00:00,2\nPlaced,3,2016-05-01 10:00:00,"3" x\nPlaced,4,2016-05-01 10:00:00,4\n'
    const first = await importContent(temporary, csv, { mapping: MAPPING })
    expect(first.result).toMatchObject({ records: 4, written: 2, rejected: 2 })
    const path = join(temporary.folder, 'dump.rejects.ndjson')
    const repaired = readFileSync(path, 'utf8').replaceAll('25:00:00', '10:00:00').replace('\\"3\\" x', '3')
    writeFileSync(path, repaired)
    const second = await importPath(temporary, path)
    expect(second.result).toMatchObject({ records: 2, written: 2, rejected: 0 })
    const orders = [...(await exportText(temporary.store)).matchAll(/"aggregate_id":"order\/(\d)"/g)].map(
      ([, order]) => order,
    )
    expect(orders).toEqual(['1', '2', '3', '4'])
    const again = await importPath(temporary, path)
    expect(again.result).toMatchObject({ duplicates: 2, written: 0 })
  })

  it('that are not repaired are rejected again, with their first place', async () => {
    await using temporary = await temporaryStore()
    await importContent(
      temporary,
      Buffer.concat([Buffer.from(`${plainLine(1)}\n{"id":"`), Buffer.from([0xff]), Buffer.from(`"}\n`)]),
    )
    const { result } = await importPath(temporary, join(temporary.folder, 'dump.rejects.ndjson'))
    expect(result).toMatchObject({ records: 1, rejected: 1, written: 0 })
    const [again] = rejectsIn(temporary.folder, 'dump.rejects.ndjson')
    expect(again).toMatchObject({
      source: join(temporary.folder, 'dump'),
      record: 2,
      line: 2,
      code: 'invalid-utf8',
    })
  })

  it('of an earlier run, which may hold repairs, are moved aside', async () => {
    await using temporary = await temporaryStore()
    await importContent(temporary, 'not json\n', { format: 'ndjson' })
    writeFileSync(join(temporary.folder, 'dump.rejects.ndjson'), 'repairs')
    await importContent(temporary, 'not json\n', { format: 'ndjson' })
    expect(readFileSync(join(temporary.folder, 'dump.rejects.ndjson.1'), 'utf8')).toBe('repairs')
  })

  it('beyond --max-rejects stop the run, and what was good is stored', async () => {
    await using temporary = await temporaryStore()
    const { result, failure } = await importContent(temporary, `${plainLine(1)}\nx\ny\n`, {
      format: 'ndjson',
      maxRejects: 1,
    })
    expect(failure).toMatchObject({ code: 'DEMETRA_TOO_MANY_REJECTS', exitCode: 1 })
    expect(result).toMatchObject({ records: 3, written: 1, rejected: 2 })
    expect(result.rejectSamples).toMatchObject([
      { code: 'invalid-json', record: 2, line: 2 },
      { code: 'invalid-json', record: 3, line: 3 },
    ])
  })
})

describe('a damaged source', () => {
  it('that is cut short stores what came before, and says where it ends', async () => {
    await using temporary = await temporaryStore()
    const whole = gzipSync(plainLines(20_000), { level: 1 })
    const { result, failure } = await importContent(temporary, whole.subarray(0, whole.length >> 1))
    expect(failure).toMatchObject({ code: 'DEMETRA_SOURCE_TRUNCATED', exitCode: 4 })
    expect(result.written).toBeGreaterThan(1000)
    expect(result).toMatchObject({ events: result.written, records: result.written, rejected: 0 })
    const text = await exportText(temporary.store)
    expect(plainLines(20_000).startsWith(text)).toBe(true)
  })

  it.each(['gzip', 'zstd'] as const)(
    'in %s of which one byte of a payload was changed stores nothing, and harms no later import',
    async (encoding) => {
      await using temporary = await temporaryStore()
      const { whole, changed } = packedAndChanged(encoding, 20_000)
      const { result, failure } = await importContent(temporary, changed)
      expect(failure).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
      expect(String(failure)).toContain('nothing of it was read')
      expect(String(failure)).not.toContain('byte')
      expect(result).toMatchObject({ records: 0, written: 0 })
      expect(await temporary.store.newestPosition()).toBe(0n)
      expect((await importContent(temporary, whole)).result).toMatchObject({ written: 20_000, conflicts: 0 })
    },
  )

  it('that is being proven when the import is stopped gives nothing to it', async () => {
    await using temporary = await temporaryStore()
    const { changed } = packedAndChanged('gzip', 20_000)
    const outcome = await importContent(temporary, changed, { signal: AbortSignal.abort() })
    expect(outcome).toMatchObject({ interrupted: true, result: { written: 0 } })
    expect(outcome.failure).toBeUndefined()
  })

  it('that is refused for another cause is not read first', async () => {
    await using temporary = await temporaryStore()
    const { leases } = temporary.store
    const { changed } = packedAndChanged('gzip', 20_000)
    await importContent(temporary, plainLines(1), { name: 'other' })
    const restored = await importContent(temporary, changed, { position: 'full' })
    expect(restored.failure).toMatchObject({ code: 'DEMETRA_STORE_NOT_EMPTY' })
    const name = await leaseOf(temporary, changed)
    await leases.acquire(name, 'another run', 60_000)
    const { failure } = await importContent(temporary, changed)
    expect(failure).toMatchObject({ code: 'DEMETRA_LOCKED', exitCode: 11 })
  })

  it('that takes long to prove keeps its lock, and ends where it has lost it', async () => {
    let clock = Date.now()
    await using temporary = await temporaryStore(() => clock)
    const { leases } = temporary.store
    const { changed } = packedAndChanged('gzip', 20_000)
    const name = await leaseOf(temporary, changed)
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const slowly = (step: () => void) => () => {
      vi.advanceTimersByTime(30_000)
      clock += 30_000
      step()
    }
    const kept: Promise<boolean>[] = []
    const takeOver = () => void kept.push(leases.acquire(name, 'another', 60_000).then((to) => !to.granted))
    const slow = await importContent(temporary, changed, { onProgress: slowly(takeOver) })
    expect(slow.failure).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT' })
    expect(kept.length).toBeGreaterThan(3)
    expect(new Set(await Promise.all(kept))).toEqual(new Set([true]))
    const loseIt = () => {
      clock += 120_000
      void leases.acquire(name, 'another', 60_000)
    }
    const lost = await importContent(temporary, changed, { onProgress: slowly(loseIt) })
    expect(lost.failure).toMatchObject({ code: 'DEMETRA_LOCKED', exitCode: 11 })
  })

  it('that is whole, with something else behind its end, is stored, and that is told', async () => {
    await using temporary = await temporaryStore()
    const bytes = Buffer.concat([gzipSync(plainLines(20_000)), Buffer.from('rubbish')])
    const { result, failure } = await importContent(temporary, bytes)
    expect(failure).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
    expect(String(failure)).toContain('all before that is whole, and was read')
    expect(result).toMatchObject({ written: 20_000 })
  })

  it('with an unterminated quote on line 3 of 10,000 costs what cannot be told apart, once', async () => {
    await using temporary = await temporaryStore()
    const rows = Array.from(
      { length: 9999 },
      (_, i) => `Placed,${i},2016-05-01 10:00:00,${i === 1 ? '"open' : 'x'}\n`,
    )
    const { result } = await importContent(temporary, `what,order,when,price\n${rows.join('')}`, {
      mapping: MAPPING,
    })
    expect(result).toMatchObject({ records: 2, written: 1, rejected: 1 })
    expect(rejectsIn(temporary.folder)[0]).toMatchObject({
      line: 3,
      code: 'unterminated-quote',
      byteOffset: 53,
    })
  })

  it('with a record of 20 MiB rejects this record alone', async () => {
    await using temporary = await temporaryStore()
    const huge = plainLine(2, { text: 'x'.repeat(20 * 1024 * 1024) })
    const { result } = await importContent(temporary, `${plainLine(1)}\n${huge}\n${plainLine(3)}\n`)
    expect(result).toMatchObject({ records: 3, written: 2, rejected: 1 })
    expect(rejectsIn(temporary.folder)[0]).toMatchObject({ record: 2, code: 'record-too-large', raw: null })
  })
})

describe('a report that has read past the place of an event', () => {
  const reader = { reportStore: 'sqlite:r.db', name: 'funnel', generation: 1, readTo: 2n ** 62n }

  it('makes a backfill refuse, naming the report and both ways on; nothing counts as sent', async () => {
    await using temporary = await temporaryStore()
    await temporary.store.readers.advance(reader)
    const { result, failure } = await importContent(temporary, plainLines(3))
    expect(failure).toMatchObject({ code: 'DEMETRA_BACKFILL_BELOW_READERS', exitCode: 1 })
    expect((failure as DemetraError).message).toContain('funnel')
    expect((failure as DemetraError).hints.join('\n')).toMatch(/--position received[^]*--stale-reports/)
    expect(result).toMatchObject({ records: 0, events: 0, written: 0, unsettled: 0 })
  })

  it.each([
    ['at the end of the log', { position: 'received' }],
    ['where they happened, with the report marked stale', { position: 'created', staleReports: true }],
  ] as const)('lets them in %s', async (_, options) => {
    await using temporary = await temporaryStore()
    await temporary.store.readers.advance(reader)
    const { result, failure } = await importContent(temporary, plainLines(3), options)
    expect(failure).toBeUndefined()
    expect(result).toMatchObject({ written: 3 })
  })
})

describe('a batch that the store refuses while others are on their way', () => {
  it('is not passed over: the next run stores it with all behind it', async () => {
    await using temporary = await temporaryStore()
    const { store, folder } = temporary
    let refused = false
    const refusesOnce = Object.create(store, {
      now: { value: () => store.now() },
      append: {
        value: (...args: Parameters<EventStore['append']>) => {
          if (refused) return store.append(...args)
          refused = true
          return Promise.reject(new DemetraError('full', { code: 'DEMETRA_DISK_FULL', exitCode: 5 }))
        },
      },
    }) as EventStore
    const dump = plainLines(25_000)
    const first = await importContent({ ...temporary, store: refusesOnce }, dump)
    expect(first.failure).toMatchObject({ code: 'DEMETRA_DISK_FULL' })
    expect(first.result).toMatchObject({ records: 0, events: 0, written: 0, unsettled: 0 })
    const second = await importPath(temporary, join(folder, 'dump'))
    expect(second.result).toMatchObject({ records: 25_000, written: 25_000 })
  })
})
