import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { backfillPosition } from '../../src/event/position.ts'
import type { Manifest } from '../../src/segment/manifest.ts'
import { SegmentWriter } from '../../src/segment/segment-writer.ts'
import { describeWithDuckdb, duckdb } from '../servers/describe-with-duckdb.ts'
import { runPython, type PythonWithDuckdb } from '../servers/find-duckdb.ts'
import { plainEvents } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'demetra-duckdb-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeWithDuckdb('an archive', () => {
  it('is read by DuckDB as a table: counts by month and type are those of the manifests', async () => {
    const manifests = await writeMonths()
    const found = await query(
      `SELECT month, meta.type, count(*) FROM read_json('${folder}/events/month=*/*.ndjson.gz',
         hive_partitioning = true, hive_types_autocast = false) GROUP BY ALL ORDER BY ALL`,
    )
    const expected = manifests.flatMap(({ key, types }) =>
      types.map(({ type, events }) => [/month=([^/]*)/.exec(key)?.[1], type, events] as const),
    )
    expect(expected.length).toBe(4)
    expect(found).toEqual(expected)
    expect(
      await query(
        `SELECT count(*), sum(payload.n) FROM read_json('${folder}/events/month=*/*.ndjson.gz', hive_partitioning = true)
           WHERE month = '2016-02'`,
      ),
    ).toEqual([[2000, (2001 + 4000) * 1000]])
  })
})

/** 4,000 events in two segments, one for each of two months. */
async function writeMonths(): Promise<Manifest[]> {
  const events = plainEvents(4000, (n) => ({ n, text: 'ä€😀'.repeat(n % 50) })).map((event, i) => ({
    ...event,
    position: backfillPosition(Date.UTC(2016, i < 2000 ? 0 : 1, 1), i + 1),
  }))
  const manifests: Manifest[] = []
  for (let at = 0; at < events.length;) {
    const writer = new SegmentWriter(manifests.length + 1)
    at += await writer.add(events.slice(at))
    const { body, manifest } = await writer.finish()
    mkdirSync(dirname(join(folder, manifest.key)), { recursive: true })
    writeFileSync(join(folder, manifest.key), Buffer.concat(body))
    manifests.push(manifest)
  }
  return manifests
}

async function query(sql: string): Promise<unknown[]> {
  const program = `import duckdb, json; print(json.dumps(duckdb.sql(${JSON.stringify(sql)}).fetchall(), default=int))`
  return JSON.parse(await runPython(duckdb as PythonWithDuckdb, program)) as unknown[]
}
