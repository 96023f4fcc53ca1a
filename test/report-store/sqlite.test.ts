import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import type { NewReport, ReportStore } from '../../src/report-store/report-store.ts'
import { reportStoreContract } from '../contracts/report-store.contract.ts'

let folder: string
let path: string
const opened: ReportStore[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demetra-reports-'))
  path = join(folder, 'reports.db')
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = async (of = path): Promise<ReportStore> => {
  const store = await openReportStore(`sqlite:${of}`)
  opened.push(store)
  return store
}

reportStoreContract('SQLite', {
  givenClock: true,
  create: async () => {
    const of = mkdtempSync(join(tmpdir(), 'demetra-reports-'))
    const file = join(of, 'reports.db')
    let kept: DatabaseSync | null = null
    return {
      open: (now) => openReportStore(`sqlite:${file}`, now === undefined ? {} : { now }),
      indexes: async (table) => indexes(file, table),
      view: async (view) => {
        kept ??= new DatabaseSync(file, { readOnly: true })
        return kept.prepare(`SELECT * FROM ${view}`).all()
      },
      dispose: async () => {
        kept?.close()
        rmSync(of, { recursive: true, force: true })
      },
    }
  },
})

function indexes(file: string, table: string): string[][] {
  const database = new DatabaseSync(file, { readOnly: true })
  const all = database.prepare(`SELECT name FROM pragma_index_list(?) WHERE origin = 'c'`).all(table)
  const columns = database.prepare('SELECT name FROM pragma_index_info(?) ORDER BY seqno')
  const found = all.map(({ name }) => columns.all(name as string).map((column) => String(column['name'])))
  database.close()
  return found
}

const REPORT: NewReport = {
  name: 'order-by',
  eventStoreId: 'store-1',
  version: 1,
  columns: [
    { name: 'select', type: 'text', key: true, required: false, nullable: false },
    { name: 'we"ird; DROP', type: 'integer', key: false, required: true, nullable: false },
  ],
  memory: null,
  hidden: [],
  indexes: [],
}

describe('the report store in a SQLite file', () => {
  test('makes no file until something is written', async () => {
    const store = await open()
    await store.status('x')
    await store.list()
    await store.read('x')
    expect(existsSync(path)).toBe(false)
  })

  test('shows people a view of complete rows, under names of every kind', async () => {
    const store = await open()
    const report = await store.open(REPORT)
    await store.acquire(report, 'me', 1000)
    const rows = [
      { key: ['shown'], row: { values: [1], waiting: [] } },
      { key: ['hidden'], row: { values: [undefined], waiting: ['we"ird; DROP'] } },
    ]
    const { shown, waiting, backfill, tail, stale, skipped } = report
    const state = { shown, waiting, backfill, tail, stale, skipped }
    const checkpoint = { position: 1n, id: new Uint8Array(16) }
    const commit = { ...state, of: report, token: 1n, from: null, checkpoint, rows, memory: [], ttlMs: 1000 }
    await store.commit(commit)

    const database = new DatabaseSync(path, { readOnly: true })
    expect(database.prepare('SELECT * FROM order_by').all()).toEqual([{ select: 'shown', 'we"ird; DROP': 1 }])
    const tables = database.prepare(
      `SELECT type, name FROM sqlite_schema WHERE name LIKE 'order%' ORDER BY name`,
    )
    expect(tables.all().map(({ type, name }) => `${String(type)} ${String(name)}`)).toEqual([
      'view order_by',
      'table order_by__g1',
    ])
    database.close()

    const shell = spawnSync('sqlite3', ['-csv', path, 'select * from order_by'], { encoding: 'utf8' })
    const printed = shell.error === undefined ? shell.stdout.trim() : 'no sqlite3 on this machine'
    expect(['shown,1', 'no sqlite3 on this machine']).toContain(printed)
  })

  test('leaves what others have in the file alone, and refuses to share a name', async () => {
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE Order_By (x); INSERT INTO Order_By VALUES (1)')
    const store = await open()
    await expect(store.open(REPORT)).rejects.toMatchObject({ code: 'DEMETRA_REPORT_NAME_TAKEN', exitCode: 1 })
    await store.open({ ...REPORT, name: 'a-b' })
    await expect(store.open({ ...REPORT, name: 'a_b' })).rejects.toMatchObject({
      code: 'DEMETRA_REPORT_NAME_TAKEN',
    })
    expect(database.prepare('SELECT x FROM Order_By').all()).toEqual([{ x: 1 }])
    expect((await store.list()).map(({ name }) => name)).toEqual(['a-b'])
    database.close()
  })

  test('says what is wrong with a file that is none of its own', async () => {
    writeFileSync(path, 'not a database, but long enough to be taken for one by its size alone'.repeat(20))
    const store = await open()
    await expect(store.status('x')).rejects.toMatchObject({
      code: 'DEMETRA_REPORT_STORE_NOT_SQLITE',
      exitCode: 1,
    })
    await expect(store.open(REPORT)).rejects.toMatchObject({ code: 'DEMETRA_REPORT_STORE_NOT_SQLITE' })

    const nowhere = await open(join(folder, 'missing', 'reports.db'))
    await expect(nowhere.open(REPORT)).rejects.toMatchObject({
      code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
      exitCode: 10,
    })

    const newer = join(folder, 'newer.db')
    await (await open(newer)).open(REPORT)
    const database = new DatabaseSync(newer)
    database.exec('UPDATE demetra_report_store SET format = 3')
    database.close()
    await expect((await open(newer)).list()).rejects.toMatchObject({
      code: 'DEMETRA_REPORT_STORE_NEWER',
      exitCode: 1,
    })
  })

  test('a database that someone else is writing is a temporary trouble', async () => {
    const { explained } = await import('../../src/report-store/sqlite-errors.ts')
    const busy = Object.assign(new Error('database is locked'), { errcode: 5 })
    expect(explained(busy, 'sqlite:x')).toMatchObject({ code: 'DEMETRA_REPORT_STORE_BUSY', exitCode: 5 })
    const bug = new Error('x')
    expect(explained(bug, 'sqlite:x')).toBe(bug)
  })

  test('a URL that is none is a usage error', async () => {
    await expect(openReportStore('mysql://u:secret@h/d')).rejects.toMatchObject({ exitCode: 2 })
    await expect(openReportStore('mysql://u:secret@h/d')).rejects.not.toThrow(/secret/u)
  })
})
