import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewEvent } from '../../src/event/event.ts'
import { backfillPosition } from '../../src/event/position.ts'
import { testProjection } from '../../src/testing.ts'
import completed from '../../templates/init/events/purchase-completed.ts'
import landed from '../../templates/init/events/purchase-landed.ts'
import { all } from '../../templates/init/events/hospital.ts'
import hospitalCases from '../../templates/init/projections/hospital-cases.ts'
import purchaseFunnel from '../../templates/init/projections/purchase-funnel.ts'
import { newEvent, Workspace, type TestEvent } from './workspace.ts'

const ROOT = join(import.meta.dirname, '../..')
let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

describe('the purchase funnel', () => {
  const at = (minute: number) => new Date(Date.UTC(2016, 0, 1, 12, minute))
  const events = [
    completed({
      aggregate_id: 'purchase/2',
      created_at: at(1),
      payload: { amount: '3.0000/EUR', method: 'card' },
    }),
    landed({ aggregate_id: 'purchase/1', created_at: at(0), payload: { product: 'gift', country: 'IT' } }),
    landed({ aggregate_id: 'purchase/2', created_at: at(0), payload: { product: 'gift', country: 'DE' } }),
    completed({
      aggregate_id: 'purchase/3',
      created_at: at(2),
      payload: { amount: '1/USD', method: 'card' },
    }),
  ]

  test('shows what has landed, in whatever order it was told', () => {
    const { rows, waiting } = testProjection(purchaseFunnel, events, { order: 'any' })
    expect(waiting).toEqual({ landed_at: 1 })
    expect(rows).toEqual([
      { purchase: 'purchase/1', landed_at: at(0), product: 'gift', country: 'IT' },
      {
        purchase: 'purchase/2',
        landed_at: at(0),
        completed_at: at(1),
        product: 'gift',
        country: 'DE',
        amount: '3.0000',
        currency: 'EUR',
      },
    ])
  })

  test('from the example dump counts what landed and what was paid', async () => {
    const lines = readFileSync(join(ROOT, 'templates/init/dumps/purchases.ndjson'), 'utf8').trim().split('\n')
    const dump = lines.map((line) => JSON.parse(line) as TestEvent)
    const own = dump.filter(
      ({ meta }) => meta.type === 'purchase-landed' || meta.type === 'purchase-completed',
    )
    await work.append(...own)
    const result = await work.run(purchaseFunnel)
    const ids = (type: string) =>
      new Set(own.filter(({ meta }) => meta.type === type).map(({ meta }) => meta.aggregate_id))
    const [there, paid] = [ids('purchase-landed'), ids('purchase-completed')]
    expect(result.shown).toBe(there.size)
    const rows = await work.rows()
    expect(rows.filter((row) => row['completed_at'] !== undefined)).toHaveLength(
      [...paid].filter((id) => there.has(id)).length,
    )
    expect(result.waiting['landed_at'] ?? 0).toBe([...paid].filter((id) => !there.has(id)).length)
  })
})

describe('the hospital log', () => {
  /** The dump by hand: no quotes are in it. */
  const [header = '', ...lines] = readFileSync(join(ROOT, 'fixtures/sepsis.csv'), 'utf8')
    .trim()
    .split(/\r?\n/u)
  const names = header.split(';')
  const records = lines.map((line) => {
    const values = line.split(';')
    return Object.fromEntries(
      names.map((name, i) => [name, values[i] ?? '']).filter(([, value]) => value !== ''),
    )
  })
  const taken = new Set(['Case ID', 'Activity', 'Complete Timestamp'])

  function eventOf(record: Record<string, string>, index: number): NewEvent {
    const [date = '', time = ''] = (record['Complete Timestamp'] ?? '').split(' ')
    const created_at = `${date.replaceAll('/', '-')}T${time}Z`
    const type = (record['Activity'] ?? '').toLowerCase().replaceAll(' ', '-')
    const payload = Object.fromEntries(Object.entries(record).filter(([name]) => !taken.has(name)))
    const meta = { service: 'hospital', type, created_at, aggregate_id: `case/${record['Case ID'] ?? ''}` }
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    const event = newEvent({ id, meta, payload })
    return { ...event, position: backfillPosition(event.createdAt, index + 1) }
  }

  async function importAll(): Promise<void> {
    const { number } = await work.eventStore.backfills.begin('sepsis', 600_000)
    await work.eventStore.append(records.map(eventOf), { backfill: { number, staleReports: false } })
    await work.eventStore.backfills.end(number)
  }

  test('has one row for each case, as the dump says', async () => {
    await importAll()
    const types = new Set(
      records.map((record) => (record['Activity'] ?? '').toLowerCase().replaceAll(' ', '-')),
    )
    expect(types).toEqual(new Set(all.map(({ type }) => type)))
    const result = await work.run(hospitalCases)
    expect(result).toMatchObject({ events: 15_214, shown: 1050, waiting: {}, stale: [] })
    const rows = new Map((await work.rows()).map((row) => [row['case'], row]))
    expect(rows.size).toBe(1050)
    expect(rows.get('A')).toEqual({
      case: 'A',
      registered_at: new Date('2014-10-22T11:15:41Z'),
      age: 85,
      diagnosis: 'A',
      first_event_at: new Date('2014-10-22T11:15:41Z'),
      last_event_at: new Date('2014-11-02T15:15:00Z'),
      antibiotics_at: new Date('2014-10-22T14:03:47Z'),
      minutes_to_antibiotics: 168,
      tests: 15,
      release: 'a',
    })
    const count = (name: string) => [...rows.values()].filter((row) => row[name] !== undefined).length
    const of = (...activities: string[]) =>
      records.filter((record) => activities.includes(record['Activity'] ?? ''))
    expect(count('antibiotics_at')).toBe(of('IV Antibiotics').length)
    expect(count('release')).toBe(
      records.filter((record) => record['Activity']?.startsWith('Release')).length,
    )
    expect(count('age')).toBe(1050)
    const tests = [...rows.values()].reduce((sum, row) => sum + Number(row['tests']), 0)
    expect(tests).toBe(of('CRP', 'Leucocytes', 'LacticAcid').length)
  })

  test('gives the same rows in batches of any size', async () => {
    await importAll()
    await work.run(hospitalCases, { name: 'whole' })
    for (const batchEvents of [701, 15_000]) {
      const name = `by-${batchEvents}`
      await work.run(hospitalCases, { name, batchEvents })
      expect(await work.rows(name)).toEqual(await work.rows('whole'))
    }
  })
})
