import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demetra, parseJson, shell, temporaryFolder, type Outcome } from './demetra.ts'

const folder = temporaryFolder()
/** The example project, imported, its report filled; each test has a copy. */
const model = join(folder.path, 'model')
const DUMP = 'dumps/purchases.ndjson'
const PROJECTION = 'projections/purchase-funnel.ts'
let cwd = ''
let tests = 0

beforeAll(async () => {
  expect(await demetra(['init', 'model'], { cwd: folder.path })).toMatchObject({ code: 0 })
  for (const line of [`demetra import ${DUMP}`, 'demetra projection purchase-funnel']) {
    expect(await shell(line, { cwd: model })).toMatchObject({ code: 0 })
  }
})
afterAll(() => folder[Symbol.dispose]())
beforeEach(() => {
  tests += 1
  cwd = join(folder.path, `project-${tests}`)
  cpSync(model, cwd, { recursive: true })
})

const type = (line: string, where = cwd): Promise<Outcome> => demetra(line.split(' '), { cwd: where })

/** What is measured is left out. */
const timeless = (text: string): string =>
  text
    .replaceAll(/[\d.,]+ m?s, [\d,]+ events\/s/gu, 'TIME')
    .replaceAll(/import [0-9a-f-]{36}/gu, 'import ID')
    .replaceAll(/backfill \d+/gu, 'backfill N')

function edit(...changes: readonly [before: string, after: string][]): void {
  const path = join(cwd, PROJECTION)
  let code = readFileSync(path, 'utf8')
  for (const [before, after] of changes) {
    expect(code).toContain(before)
    code = code.replace(before, after)
  }
  writeFileSync(path, code)
}
const CHANGED_VERSION: [string, string][] = [
  ['version: 1', 'version: 2'],
  ['= event.payload.country', '= event.payload.country.toLowerCase()'],
]

const rowsOf = async (line: string, where = cwd): Promise<unknown> =>
  parseJson(await type(`${line} --json`, where)).result?.['rows']
const generationOf = async (): Promise<unknown> =>
  parseJson(await type('report purchase-funnel --limit 0 --json')).result?.['generation']

describe('replay', () => {
  it('fills a report anew and says what it did', async () => {
    const { code, stdout, stderr } = await type('replay purchase-funnel')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(timeless(stdout)).toBe(
      `purchase-funnel: generation 2 filled from 69 events in TIME, 39 rows shown
  1 row waits for landed_at
  It is shown now, in place of generation 1.
`,
    )
    expect(await rowsOf('report purchase-funnel')).toEqual(await rowsOf('report purchase-funnel', model))
  })

  it('says it in JSON', async () => {
    const outcome = parseJson(await type('replay purchase-funnel --json'))
    expect(outcome).toMatchObject({
      status: 0,
      result: {
        replays: [
          {
            name: 'purchase-funnel',
            generation: 2,
            before: 1,
            switched: true,
            events: 69,
            shown: 39,
            waiting: { landed_at: 1 },
            stale: [],
            diff: null,
          },
        ],
      },
      warnings: [],
    })
  })

  it('of all projections makes those reports too that were never filled', async () => {
    const { code, stdout } = await type('replay --all')
    expect(code).toBe(0)
    expect(timeless(stdout)).toBe(
      `hospital-cases: generation 1 filled from 0 events in TIME, 0 rows shown
  It is shown now.
purchase-funnel: generation 2 filled from 69 events in TIME, 39 rows shown
  1 row waits for landed_at
  It is shown now, in place of generation 1.
`,
    )
  })

  it('of several tells the one that fails, and switches the others', async () => {
    edit(...CHANGED_VERSION, [
      'row.landed_at =',
      "if (row) throw new Error('not today')\n      row.landed_at =",
    ])
    const [text, json] = [await type('replay --all'), await type('replay --all --json')]
    expect(text.code).toBe(1)
    expect(timeless(text.stdout)).toBe(
      `hospital-cases: generation 1 filled from 0 events in TIME, 0 rows shown
  It is shown now.
`,
    )
    expect(text.stderr).toMatch(/Warning: purchase-funnel: .*purchase-landed.*not today/u)
    expect(parseJson(json)).toMatchObject({
      status: 1,
      result: {
        replays: [{ name: 'hospital-cases', generation: 2, switched: true }],
        failed: [{ name: 'purchase-funnel', error: { code: 'DEMETRA_PROJECTION_FAILED' } }],
      },
    })
    expect(await generationOf()).toBe(1)
    // the same of projections that are caught up
    expect(parseJson(await type('projection --all --json'))).toMatchObject({
      status: 1,
      result: {
        projections: [
          { name: 'hospital-cases', result: { generation: 2 } },
          { name: 'purchase-funnel', error: { code: 'DEMETRA_PROJECTION_VERSION_CHANGED' } },
        ],
      },
    })
  })

  it('with --diff tells what would change, and switches nothing', async () => {
    edit(...CHANGED_VERSION)
    const before = await rowsOf('report purchase-funnel')
    const { code, stdout } = await type('replay purchase-funnel --diff')
    expect(code).toBe(0)
    const lines = timeless(stdout).trimEnd().split('\n')
    expect(lines.slice(0, 5)).toEqual([
      'purchase-funnel: generation 2 filled from 69 events in TIME, 39 rows shown',
      '  1 row waits for landed_at',
      '  0 rows added, 0 removed, 39 changed, 0 the same',
      '  changed: country in 39',
      '    ~ purchase=purchase/1: country FR → fr',
    ])
    expect(lines.slice(-2)).toEqual([
      '    … and 29 more rows',
      '  Nothing was switched; `demetra replay purchase-funnel` does',
    ])
    expect(await rowsOf('report purchase-funnel')).toEqual(before)
    expect(await generationOf()).toBe(1)
  })

  it.each([
    ['replay purchase-funel', /no projection 'purchase-funel' \(did you mean "purchase-funnel"\?\)/],
    ['replay hospital-cases purchase-funel', /no projection 'purchase-funel'/],
    ['replay', /Which projections\?[^]*there are hospital-cases, purchase-funnel/],
    ['replay purchase-funnel --all', /Give NAMEs or --all, not both/],
  ])('%s is a usage error', async (line, message) => {
    const { code, stdout, stderr } = await type(line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(parseJson(await type(`${line} --json`))).toMatchObject({ status: 2 })
  })

  it('that is interrupted leaves the report as it was', async () => {
    const before = await rowsOf('report purchase-funnel')
    // Ctrl-C as the first event is handled
    edit(
      ...CHANGED_VERSION,
      ['/**', 'let isStopped = false\n/**'],
      [
        'row.landed_at =',
        "if (!isStopped) process.kill(process.pid, 'SIGINT')\n      isStopped = true\n      row.landed_at =",
      ],
    )
    const [text, json] = [await type('replay purchase-funnel'), await type('replay purchase-funnel --json')]
    expect(text).toMatchObject({ code: 130, stdout: '' })
    expect(text.stderr).toContain(
      'The replay of purchase-funnel was interrupted; the report is as it was before',
    )
    expect(parseJson(json)).toMatchObject({
      status: 130,
      result: { replays: [] },
      error: { code: 'DEMETRA_INTERRUPTED' },
    })
    expect(await rowsOf('report purchase-funnel')).toEqual(before)
    expect(await generationOf()).toBe(1)
  })
})

describe('a changed version', () => {
  it('is refused by projection, and what the hint says to type works', async () => {
    edit(...CHANGED_VERSION)
    const refused = await type('projection purchase-funnel')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    const hint = /→ `demetra ([^`]+)` fills it anew/u.exec(refused.stderr)?.[1]
    expect(hint).toBe('replay purchase-funnel')
    expect(await type(hint ?? '')).toMatchObject({ code: 0 })
    expect(await type('projection purchase-funnel')).toMatchObject({ code: 0, stderr: '' })
    expect(await rowsOf('report purchase-funnel --where purchase=purchase/1')).toMatchObject([
      { country: 'fr' },
    ])
  })
})

describe('a stale report', () => {
  it('is told by projection, status and report until a replay has mended it', async () => {
    const late = {
      id: '00000000-0000-4000-8000-000000000001',
      meta: {
        service: 'shop',
        type: 'purchase-landed',
        created_at: '2016-01-01T10:00:00Z',
        aggregate_id: 'purchase/0',
      },
      payload: { product: 'gift', country: 'IT' },
    }
    writeFileSync(join(cwd, 'late.ndjson'), `${JSON.stringify(late)}\n`)
    const refused = await type('import late.ndjson')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('below where the report purchase-funnel has read already')
    expect(await type('import late.ndjson --stale-reports')).toMatchObject({ code: 0 })

    const why = 'stale: the import ID filled in history below what the report had read (backfill N)'
    const mend = '`demetra replay purchase-funnel` mends it'
    const run = await type('projection purchase-funnel')
    expect(run.code).toBe(0)
    expect(timeless(run.stderr)).toContain(`The report purchase-funnel is ${why}; ${mend}`)
    const [status, report] = [await type('status'), await type('report purchase-funnel')]
    expect([status.code, report.code]).toEqual([0, 0])
    expect(status.stdout).toMatch(/^purchase-funnel .* stale$/mu)
    expect(status.stdout).toContain(mend)
    expect(timeless(report.stderr)).toContain(`Warning: the report is ${why}; ${mend}`)
    expect(report.stdout).not.toContain('purchase/0 ')

    expect(await type('replay purchase-funnel')).toMatchObject({ code: 0, stderr: '' })
    expect((await type('projection purchase-funnel')).stderr).toBe('')
    expect((await type('status')).stdout).toMatch(/^purchase-funnel .* up to date$/mu)
    const mended = await type('report purchase-funnel')
    expect(mended.stderr).not.toContain('stale')
    expect(mended.stdout).toMatch(/^purchase\/0 /mu)
  })
})

describe('report --why', () => {
  it('tells the events that made a row, in their order, and what each changed', async () => {
    const { code, stdout, stderr } = await type('report purchase-funnel --why purchase=purchase/11')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(
      `2016-01-03T03:08:18.589Z  purchase-landed  e39277d0-f644-48a9-a365-a793ef2d7be8
    landed_at: unset → 2016-01-03T03:08:18.589Z
    product: unset → monthly
    country: unset → NL
2016-01-03T03:10:36.426Z  purchase-completed  c1a5cee7-9966-4026-ac04-fea678891db8
    completed_at: unset → 2016-01-03T03:10:36.426Z
    amount: unset → 9.9000
    currency: unset → EUR
`,
    )
  })

  it('says it in JSON, what is not set as null', async () => {
    const outcome = parseJson(await type('report purchase-funnel --why purchase=purchase/11 --json'))
    expect(outcome.result?.['why']).toMatchObject([
      { type: 'purchase-landed', changes: { country: { before: null, after: 'NL' } }, waiting: [] },
      { type: 'purchase-completed', changes: { amount: { before: null, after: '9.9000' } } },
    ])
  })

  it('of a row that no event touches says so, and of no key what there is', async () => {
    expect(await type('report purchase-funnel --why purchase=purchase/none')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No event of the log touches this row\n',
    })
    const wrong = await type('report purchase-funnel --why purchas=1')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain(`no column 'purchas' (did you mean "purchase"?)`)
  })
})

describe('report --as-of', () => {
  it.each(['2016-01-01', '2016-01-02T01:30:00Z', '2016-01-04', '2030-01-01'])(
    '%s is the report of a project that has only heard of what was before',
    async (time) => {
      const lines = readFileSync(join(cwd, DUMP), 'utf8').trim().split('\n')
      const until = time.length === 10 ? `${time}T00:00:00Z` : time
      const before = lines.filter((line) => {
        const { meta } = JSON.parse(line) as { meta: { created_at: string } }
        return new Date(meta.created_at) < new Date(until)
      })
      const fresh = join(folder.path, `fresh-${time.replaceAll(':', '-')}`)
      await demetra(['init', fresh])
      writeFileSync(join(fresh, 'before.ndjson'), `${before.join('\n')}\n`)
      if (before.length > 0) {
        expect(await type('import before.ndjson', fresh)).toMatchObject({ code: 0 })
        expect(await type('projection purchase-funnel', fresh)).toMatchObject({ code: 0 })
      }
      const expected = before.length > 0 ? await rowsOf('report purchase-funnel', fresh) : []
      expect(await rowsOf(`report purchase-funnel --as-of ${time}`)).toEqual(expected)
      if (before.length > 0 && before.length < lines.length) {
        expect((expected as unknown[]).length).toBeLessThan(39)
      }
      // nobody was told
      expect(await generationOf()).toBe(1)
      const { result } = parseJson(await type('status --json'))
      expect(result?.['readers']).toHaveLength(1)
    },
  )

  it('is by the projection as it is now', async () => {
    edit(...CHANGED_VERSION)
    expect(await rowsOf('report purchase-funnel --as-of 2016-01-02 --limit 1')).toMatchObject([
      { country: 'fr' },
    ])
  })

  it('of what is no time is a usage error', async () => {
    const { code, stderr } = await type('report purchase-funnel --as-of yesterday')
    expect(code).toBe(2)
    expect(stderr).toContain(
      "--as-of: expected a time like 2016-01-01 or 2016-01-01T12:00:00Z, got 'yesterday'",
    )
  })
})
