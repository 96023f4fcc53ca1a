import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demetra, parseJson, temporaryFolder } from '../cli/demetra.ts'
import { plainLines } from '../support/events.ts'

const KILLS = 25
const EVENTS = 60_000

/** A mapped dump whose ids are derived, with records that are equal to the letter. */
function mappedCsv(): string {
  let text = 'what,case,when,note\n'
  for (let i = 0; i < EVENTS; i += 1) {
    const n = i % 7 === 0 ? 0 : i
    text += `Step ${n % 5},${n % 100},2016-01-01 00:${String(n % 60).padStart(2, '0')}:00,note ${n}\n`
  }
  return text
}

const MAPPING = [
  '--service',
  's',
  '--type',
  '{what}',
  '--aggregate',
  'case/{case}',
  '--created-at',
  '{when}',
  '--timezone',
  'UTC',
]

describe.each([
  ['NDJSON', 'dump.ndjson', () => plainLines(EVENTS), []],
  ['CSV with derived ids', 'dump.csv', mappedCsv, MAPPING],
] as const)('an import of %s that is killed at any moment', (_, name, content, flags) => {
  it(
    `and run again leaves what an import that was never killed leaves (${KILLS} times)`,
    { timeout: 3_600_000 },
    async () => {
      using folder = temporaryFolder()
      writeFileSync(join(folder.path, name), content())
      const inStore = (store: string, ...args: string[]) =>
        demetra([...args, '--store', `sqlite:${store}`], { cwd: folder.path })
      const importInto = (store: string) => ['import', name, ...flags, '--json', '--store', `sqlite:${store}`]

      const startedAt = performance.now()
      const whole = await demetra(importInto('whole.db'), { cwd: folder.path })
      const durationMs = performance.now() - startedAt
      expect(parseJson(whole).result).toMatchObject({ records: EVENTS, events: EVENTS, written: EVENTS })
      const expected = (await inStore('whole.db', 'export')).stdout

      let interruptions = 0
      // one that is quicker than the one measured may be over before
      for (let round = 0; round < KILLS || interruptions === 0; round += 1) {
        const store = `killed-${round}.db`
        const killAfterMs = Math.random() * durationMs
        const killed = await demetra(importInto(store), {
          cwd: folder.path,
          onSpawn: (child) => setTimeout(() => child.kill('SIGKILL'), killAfterMs),
        })
        const again = parseJson(await demetra(importInto(store), { cwd: folder.path }))
        const result = again.result as {
          written: number
          duplicates: number
          total: null | { written: number }
        }
        expect(again.status, JSON.stringify(again)).toBe(0)
        const what = `killed after ${killAfterMs} ms`
        if (killed.code === null) interruptions += 1
        if (result.total !== null) {
          expect(result.total, what).toMatchObject({
            records: EVENTS,
            events: EVENTS,
            written: EVENTS,
            duplicates: 0,
            rejected: 0,
          })
        } else {
          // killed before anything was stored, or after everything was
          expect(
            [result.written, result.duplicates].toSorted((a, b) => a - b),
            what,
          ).toEqual([0, EVENTS])
        }
        expect((await inStore(store, 'export')).stdout === expected, what).toBe(true)
      }
    },
  )
})
