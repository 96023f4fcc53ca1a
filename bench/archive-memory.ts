/**
 * Peak memory of `demetra archive`, and of a replay of what it has archived, as the log grows threefold: npm run bench --
 * archive-memory [EVENTS] [sqlite|mongodb]. Into a directory. With mongodb, from a mongod of its own whose memory
 * does not count. A million events are seven segments: more than are on their way at once, and enough to fill the
 * page caches of SQLite, 160 MiB; at fewer a peak says only how far these were filled.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { MongoServer } from './support/mongo-server.ts'
import { demetra, run } from './support/process.ts'

const small = Number(process.argv[2] ?? 1_000_000)
const MIB = 1024 * 1024
type Parts = [peak: number, heap: number, buffers: number]

/** As many rows, however many the events. */
const PROJECTION = `import { defineProjection } from 'demetra'
import { z } from 'zod'

export default defineProjection({
  version: 1,
  events: ['*'],
  key: { country: z.string(), day: z.iso.date() },
  row: { events: z.int().default(0) },
  at: ({ meta, payload }) => ({ country: payload.country, day: meta.created_at.toISOString().slice(0, 10) }),
  when: { '*': (row) => { row.events += 1 } },
})
`

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const peaks: Record<string, number[]> = {}

/** Runs a command that has to have worked at `count` events, and notes its peak. */
function measure(name: string, count: number, args: readonly string[]): void {
  const { seconds, peakBytes, heapBytes, buffersBytes, stdout } = run([...demetra, ...args, '--json'], {
    cwd: folder,
    peak: true,
  })
  const { result } = JSON.parse(stdout) as { result: { events?: number; replays?: [{ events: number }] } }
  const events = result.events ?? result.replays?.[0].events
  if (events !== count) throw new Error(`${name}: ${String(events)} of ${count} events`)
  const [peak, heap, buffers] = [peakBytes ?? 0, heapBytes, buffersBytes].map((bytes) => bytes / MIB) as Parts
  ;(peaks[name] ??= []).push(peak)
  console.log(
    `${name}, ${count} events: peak ${peak.toFixed(0)} MiB (heap ${heap.toFixed(0)}, buffers ${buffers.toFixed(0)}, ` +
      `page caches, code and threads ${(peak - heap - buffers).toFixed(0)}), ${Math.round(count / seconds)} events/s`,
  )
}

async function measureAll(server: MongoServer | null): Promise<void> {
  mkdirSync(join(folder, 'projections'))
  writeFileSync(join(folder, 'projections', 'countries.ts'), PROJECTION)
  const store = server?.url('archive_memory') ?? 'sqlite:demetra.db'
  for (const count of [small, small * 3]) {
    const dump = join(folder, 'events.ndjson')
    writeDumps(count, [{ path: dump, line: ndjsonLine }])
    run([...demetra, 'import', dump, '--store', store, '--json'], { cwd: folder })
    rmSync(dump)
    measure('archive', count, ['archive', '--older-than', 'PT1S', '--store', store])
    measure('replay', count, ['replay', 'countries', '--store', store])
    await server?.drop('archive_memory')
    for (const name of ['demetra.db', 'reports.db', 'archive']) {
      rmSync(join(folder, name), { recursive: true, force: true })
    }
  }
  for (const [name, [first = 0, second = 0]] of Object.entries(peaks)) {
    console.log(`${name}: ratio ${(second / first).toFixed(2)} ×`)
  }
}

const server = process.argv[3] === 'mongodb' ? await MongoServer.start() : null
try {
  if (process.argv[3] === 'mongodb' && server === null) process.exitCode = 1
  else await measureAll(server)
} finally {
  await server?.stop()
  rmSync(folder, { recursive: true })
}
