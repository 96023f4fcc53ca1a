import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import type { NewReport, ReportStore } from '../../src/report-store/report-store.ts'
import {
  begun,
  change,
  COLUMNS,
  commitOf,
  point,
  read,
  REPORT,
  row,
} from '../contracts/report-store/support.ts'

let folder: string
let path: string
let store: ReportStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'demetra-reports-'))
  path = join(folder, 'reports.db')
  store = await openReportStore(`sqlite:${path}`)
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const rowsOf = (count: number) =>
  Array.from({ length: 20 }, (_, i) => change('IT', `2016-01-${i + 10}`, row({ count })))

function sql(text: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path)
  try {
    return database.prepare(text).all()
  } finally {
    database.close()
  }
}
const relations = (): string[] =>
  sql(`SELECT type || ' ' || name AS it FROM sqlite_schema
       WHERE name LIKE 'sales%' ORDER BY name`).map(({ it }) => String(it))

/** Asks the view again and again, as a program of the user's would, until told to stop. */
const READER = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData, { readOnly: true, timeout: 10000 })
const kept = database.prepare('SELECT * FROM sales_per_day')
let reads = 0
const wrong = []
let stop = false
parentPort.on('message', () => { stop = true })
const loop = () => {
  for (let i = 0; i < 20 && !stop; i += 1) {
    for (const statement of [kept, database.prepare('SELECT * FROM sales_per_day')]) {
      try {
        const rows = statement.all()
        reads += 1
        const counts = new Set(rows.map(({ count }) => count))
        if (rows.length !== 20 || counts.size !== 1) wrong.push(rows.length + ': ' + [...counts])
        for (const { count, added } of rows) if ((count % 2 === 0) !== (added === null)) wrong.push('columns of ' + count)
      } catch (error) { wrong.push(String(error)) }
    }
  }
  if (stop) { parentPort.postMessage({ reads, wrong }); parentPort.close() } else setImmediate(loop)
}
loop()
`

describe('generations in a SQLite file', () => {
  test('who queries the view from another thread sees no switch, not even of columns', async () => {
    const added = { name: 'added', type: 'text', key: false, required: false, nullable: false } as const
    const first = await store.open(REPORT)
    await store.acquire(first, 'me', 30_000)
    await store.commit(commitOf(first, 1n, { rows: rowsOf(1) }))
    const worker = new Worker(READER, { eval: true, workerData: path })
    const ended = new Promise<{ reads: number; wrong: string[] }>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    await new Promise((resolve) => worker.once('online', resolve))
    for (let generation = 2; generation <= 101; generation += 1) {
      const of = generation % 2 === 0 ? { ...REPORT, columns: [...COLUMNS, added] } : REPORT
      const { report, token } = await begun(store, rowsOf(generation), { fresh: true }, of)
      expect(await store.switchTo(report, token)).toBe(true)
      await store.drop({ ...report, generation: generation - 1 })
    }
    worker.postMessage('stop')
    const { reads, wrong } = await ended
    expect(wrong).toEqual([])
    expect(reads).toBeGreaterThan(100)
  })

  test("a user's own view over ours goes on after a switch", async () => {
    await store.open(REPORT)
    sql('SELECT 1')
    const database = new DatabaseSync(path)
    database.exec('CREATE VIEW totals AS SELECT count(*) AS n, sum(count) AS total FROM sales_per_day')
    database.close()
    const { report, token } = await begun(store, rowsOf(2))
    expect(await store.switchTo(report, token)).toBe(true)
    expect(sql('SELECT n, total FROM totals')).toEqual([{ n: 20, total: 40 }])
  })

  test('a dropped generation leaves no table, memory or index', async () => {
    const of: NewReport = {
      ...REPORT,
      memory: [{ ...COLUMNS[0]!, name: 'case' }],
      indexes: [['day'], ['note']],
    }
    await store.open(of)
    const { report, token } = await begun(store, rowsOf(2), {}, of)
    const inUse = ['view sales_per_day', 'table sales_per_day__g1']
    const ofFirst = [
      'index sales_per_day__g1_i1',
      'index sales_per_day__g1_i2',
      'table sales_per_day__g1_memory',
    ]
    expect(relations()).toEqual([
      ...inUse,
      ...ofFirst,
      'table sales_per_day__g2',
      'table sales_per_day__g2_memory',
    ])
    await store.drop(report)
    expect(relations()).toEqual([...inUse, ...ofFirst])
    expect(await store.switchTo(report, token)).toBe(false)
    await expect(store.drop({ ...REPORT, generation: 1 })).rejects.toThrow(/in use/u)
  })

  test('a snapshot outlives even the drop; one that has not begun is told', async () => {
    const first = await store.open(REPORT)
    await store.acquire(first, 'me', 30_000)
    await store.commit(commitOf(first, 1n, { rows: rowsOf(1) }))
    const [started, asked] = [await store.read(REPORT.name, { batchRows: 7 }), await store.read(REPORT.name)]
    const counts: unknown[] = []
    for await (const batch of started?.batches ?? []) {
      if (counts.length === 0) {
        const { report, token } = await begun(store, rowsOf(2))
        await store.switchTo(report, token)
        await store.drop(first)
      }
      counts.push(...batch.map((values) => values[3]))
    }
    expect(counts).toEqual(rowsOf(1).map(() => 1))
    const first2 = asked?.batches[Symbol.asyncIterator]().next()
    await expect(first2).rejects.toMatchObject({ code: 'DEMETRA_GENERATION_GONE', exitCode: 5 })
  })

  test('a fresh row that is there already is a bug, and nothing is written', async () => {
    const first = await store.open(REPORT)
    await store.acquire(first, 'me', 30_000)
    const again = [change('FR', '2016-01-01', row({})), ...rowsOf(2)]
    await store.commit(commitOf(first, 1n, { rows: rowsOf(1), fresh: true }))
    const commit = commitOf(first, 1n, { rows: again, fresh: true, from: point(1n), checkpoint: point(2n) })
    await expect(store.commit(commit)).rejects.toThrow(/UNIQUE/u)
    expect(new Set((await read(store)).map((values) => values[3]))).toEqual(new Set([1]))
    expect((await store.status(REPORT.name))?.checkpoint).toEqual(point(1n))
  })

  test('a name that is taken is refused when a generation begins, or at the latest by its switch', async () => {
    const database = new DatabaseSync(path)
    const taken = { code: 'DEMETRA_REPORT_NAME_TAKEN', exitCode: 1 }
    const memory = [{ ...COLUMNS[0]!, name: 'case' }]
    database.exec('CREATE TABLE sales_per_day__g1_memory (x)')
    await expect(store.begin({ ...REPORT, memory })).rejects.toMatchObject(taken)
    expect(await store.generations(REPORT.name)).toEqual([])
    const { report, token } = await begun(store, rowsOf(1))
    database.exec('CREATE TABLE Sales_Per_Day (x)')
    await expect(store.begin(REPORT)).rejects.toMatchObject(taken)
    await expect(store.switchTo(report, token)).rejects.toMatchObject(taken)
    expect(await store.status(REPORT.name)).toBeNull()
    database.exec('DROP TABLE Sales_Per_Day')
    expect(await store.switchTo(report, token)).toBe(true)
    database.close()
  })

  test('a file of format 1 is read as it is, and brought up to date by the first write', async () => {
    const first = await store.open(REPORT)
    await store.acquire(first, 'me', 30_000)
    await store.commit(commitOf(first, 1n, { rows: rowsOf(1), shown: 20 }))
    const status = await store.status(REPORT.name)
    await store.close()
    const database = new DatabaseSync(path)
    for (const column of ['memory', 'hidden', 'indexes']) {
      database.exec(`ALTER TABLE demetra_reports DROP COLUMN ${column}`)
    }
    database.exec('DROP TABLE demetra_report_numbers; UPDATE demetra_report_store SET format = 1')
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    const bytes = readFileSync(path)

    store = await openReportStore(`sqlite:${path}`)
    expect(await store.status(REPORT.name)).toEqual(status)
    expect(await store.list()).toEqual([status])
    expect(await store.generations(REPORT.name)).toEqual([status])
    expect(await store.open(REPORT)).toEqual(status)
    expect(await read(store)).toHaveLength(20)
    expect(await store.load(first, [['IT', '2016-01-10']])).toMatchObject([{ waiting: [] }])
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(sql('SELECT format FROM demetra_report_store')).toEqual([{ format: 1 }])

    await store.renew(first, 1n, 30_000)
    expect(sql('SELECT format FROM demetra_report_store')).toEqual([{ format: 2 }])
    const next = { rows: rowsOf(3), shown: 20, from: point(1n), checkpoint: point(2n) }
    expect(await store.commit(commitOf(first, 1n, next))).toBe(true)
    const { report, token } = await begun(store, rowsOf(2), {}, { ...REPORT, hidden: ['note'] })
    expect(report).toMatchObject({ generation: 2, hidden: ['note'] })
    expect(await store.switchTo(report, token)).toBe(true)
    expect((await read(store))[0]).toHaveLength(COLUMNS.length - 1)
  })
})
