import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithMongod, startMongod } from '../servers/mongod.ts'
import { until } from '../servers/poll.ts'
import { slipIn } from '../support/slip-in.ts'
import { demetra, parseJson, temporaryFolder, type Outcome } from './demetra.ts'

/** Less than a test has, so that the run that follows is ended in any case. */
const PATIENCE_MS = 30_000
const NAME = 'purchase-funnel'
const MEND = `\`demetra replay ${NAME}\` mends it`
const LATE =
  /the log has changed below what the report had read: in its last minute stood \d+ events?, now there are \d+/u

const KINDS = [
  {
    name: 'SQLite',
    describe,
    start: async (folder: string) => ({ url: `sqlite:${folder}/e.db`, stop: async () => undefined }),
  },
  {
    name: 'MongoDB',
    describe: describeWithMongod,
    start: async () => {
      const server = await startMongod()
      return { url: server.url('shop'), stop: () => server.stop() }
    },
  },
]

for (const kind of KINDS) {
  kind.describe(`with events in ${kind.name}, a stale report`, () => {
    const folder = temporaryFolder()
    const cwd = join(folder.path, 'project')
    let started: Awaited<ReturnType<(typeof kind)['start']>>
    let env: Record<string, string>
    beforeAll(async () => {
      started = await kind.start(folder.path)
      env = { DEMETRA_STORE: started.url }
      expect(await demetra(['init', cwd])).toMatchObject({ code: 0 })
      await does('import dumps/purchases.ndjson')
      await does(`projection ${NAME}`)
    })
    afterAll(async () => {
      await started.stop()
      folder[Symbol.dispose]()
    })

    async function does(line: string): Promise<Outcome> {
      const outcome = await demetra(line.split(' '), { cwd, env })
      expect(outcome, line).toMatchObject({ code: 0 })
      return outcome
    }

    /** By all commands that show it, with the command that mends it; all of them end well. */
    async function isTold(why: RegExp): Promise<void> {
      const [run, status, report] = await all()
      const told = (text: string) => new RegExp(`${text}${why.source}; ${MEND}`, 'mu')
      expect(run?.stderr).toMatch(told(`^Warning: The report ${NAME} is stale: `))
      expect(status?.stdout).toMatch(new RegExp(`^${NAME} .* stale`, 'mu'))
      expect(status?.stdout).toMatch(told(`^Stale: ${NAME}: `))
      expect(report?.stderr).toMatch(told('^Warning: the report is stale: '))
    }

    async function isMended(): Promise<void> {
      for (const { stdout, stderr } of await all()) expect(stdout + stderr).not.toContain('stale')
    }

    async function all(): Promise<Outcome[]> {
      const outcomes: Outcome[] = []
      for (const line of [`projection ${NAME}`, 'status', `report ${NAME}`]) outcomes.push(await does(line))
      return outcomes
    }

    /** The id of the import. */
    async function importOne(
      file: string,
      aggregate: string,
      createdAt: string,
      flags = '',
    ): Promise<string> {
      writeFileSync(join(cwd, file), landed(file, aggregate, createdAt))
      const { result } = parseJson(await does(`import ${file} --json${flags}`))
      return String(result?.['importId'])
    }

    it('is told, and mended by a replay, where an event was slipped in below it by hand', async () => {
      await isMended()
      await slipIn(started.url, 30)
      await isTold(LATE)
      await does(`replay ${NAME}`)
      await isMended()
    })

    it('is told, and mended by a replay, each time where history is filled in beside a run that follows', async () => {
      let heard = ''
      let follower: ChildProcess | undefined
      const following = demetra(['projection', NAME, '--follow'], {
        cwd,
        env,
        onSpawn: (child) => {
          child.stderr?.on('data', (piece: string) => (heard += piece))
          follower = child
        },
      })
      try {
        for (const round of [1, 2, 3]) {
          const old = await importOne(
            `old-${round}.ndjson`,
            `old/${round}`,
            `2016-01-01T09:0${round}:00Z`,
            ' --stale-reports',
          )
          // which wakes it
          await importOne(`new-${round}.ndjson`, `new/${round}`, `2016-03-0${round}T00:00:00Z`)
          const why = new RegExp(
            `the import ${old} filled in history below what the report had read \\(backfill \\d+\\)`,
            'u',
          )
          await until('the run that follows tells it', () => why.test(heard), PATIENCE_MS)
          await isTold(why)
          await does(`replay ${NAME}`)
          await isMended()
        }
      } finally {
        follower?.kill('SIGINT')
      }
      await following
      const rows = (await does(`report ${NAME} --format csv`)).stdout
      for (const round of [1, 2, 3])
        expect(rows).toMatch(new RegExp(`^new/${round},[^]*^old/${round},`, 'mu'))
    })
  })
}

function landed(seed: string, aggregate_id: string, created_at: string): string {
  const hex = Buffer.from(seed).toString('hex').slice(0, 12).padEnd(12, '0')
  const id = `00000000-0000-4000-8000-${hex}`
  const meta = { service: 'shop', type: 'purchase-landed', created_at, aggregate_id }
  return `${JSON.stringify({ id, meta, payload: { product: 'gift', country: 'IT' } })}\n`
}
