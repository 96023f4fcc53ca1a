import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { describeWithDuckdb, duckdb } from '../servers/describe-with-duckdb.ts'
import { runPython, type PythonWithDuckdb } from '../servers/find-duckdb.ts'
import { pastEvents, Place } from './place.ts'

const GUIDE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'archive.md'), 'utf8')

describeWithDuckdb('the question to the archive alone in the guide', () => {
  let place: Place
  afterEach(() => place?.close())

  test('is answered by DuckDB', async () => {
    place = await Place.open()
    await place.store.append(pastEvents(1, 100))
    await place.archive()
    const [, query = ''] = /```sql\n(SELECT.*?)```/su.exec(GUIDE) ?? []
    const sql = query.replace("'archive/", `'${place.folder}/archive/`)
    const program = `import duckdb, json; print(json.dumps(sorted(duckdb.sql(${JSON.stringify(sql)}).fetchall())))`
    expect(JSON.parse(await runPython(duckdb as PythonWithDuckdb, program))).toEqual([
      ['even', 50],
      ['odd', 50],
    ])
  })
})
