import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demetra, parseJson, ROOT, shell, temporaryFolder } from './demetra.ts'

interface ManifestCommand {
  id: string
  summary?: string
  examples?: (string | { command: string })[]
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, ManifestCommand>
}
const COMMANDS = Object.values(manifest.commands)

const folder = temporaryFolder()
const cwd = join(folder.path, 'project')
beforeAll(async () => {
  await type(folder.path, 'demetra init project')
  await type(cwd, 'demetra import dumps/purchases.ndjson', 'demetra projection --all')
})
afterAll(() => folder[Symbol.dispose]())

async function type(where: string, ...lines: string[]): Promise<void> {
  for (const line of lines) expect(await shell(line, { cwd: where })).toMatchObject({ code: 0 })
}

describe('projection:NAME', () => {
  it.each([
    'demetra projection purchase-funnel',
    'demetra projection:purchase-funnel',
    'demetra projection:purchase-funnel --wait',
    'demetra --quiet projection:purchase-funnel',
  ])('%s', async (line) => {
    const outcome = await shell(line, { cwd })
    expect(outcome.code).toBe(0)
    expect(outcome.stdout).toMatch(
      /^purchase-funnel: up to date, 39 rows shown, 1 row waits for landed_at\n$/,
    )
  })

  it.each(['demetra --json projection:purchase-funnel', 'demetra projection:purchase-funnel --json'])(
    '%s',
    async (line) => {
      const outcome = await shell(line, { cwd })
      expect(parseJson(outcome)).toMatchObject({ status: 0, result: { name: 'purchase-funnel', shown: 39 } })
    },
  )

  it.each(['demetra help projection:purchase-funnel', 'demetra projection:purchase-funnel --help'])(
    '%s',
    async (line) => {
      expect(await shell(line, { cwd })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Catch a report up') as string,
      })
    },
  )

  it.each(['demetra projection:nope', 'demetra projection:purchase-funnel --nope', 'demetra projection:'])(
    '%s fails with 2 in both modes',
    async (line) => {
      const [text, json] = await Promise.all([shell(line, { cwd }), shell(`${line} --json`, { cwd })])
      expect([text.code, json.code, parseJson(json).status]).toEqual([2, 2, 2])
    },
  )
})

describe('an unknown command', () => {
  it('is told with the one that was probably meant', async () => {
    const { code, stdout, stderr } = await demetra(['improt', 'x.csv'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`There is no command 'improt' (did you mean "import"?)`)
  })

  it('is one JSON document under --json', async () => {
    expect(parseJson(await demetra(['--json', 'nonsense']))).toMatchObject({
      status: 2,
      error: { code: 'DEMETRA_USAGE' },
    })
  })

  it('has no help', async () => {
    expect(await demetra(['help', 'nonsense'])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('help', () => {
  it('lists every command, first steps and exit codes, and is what no arguments give', async () => {
    const [none, help, flag] = await Promise.all([demetra([]), demetra(['help']), demetra(['--help'])])
    expect(none).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toBe(none.stdout)
    expect(flag.stdout).toBe(none.stdout)
    for (const { id } of COMMANDS) expect(none.stdout).toMatch(new RegExp(`^  ${id.split(':')[0]} `, 'm'))
    expect(none.stdout).toContain('FIRST STEPS')
    expect(none.stdout).toMatch(/130 +interrupted/)
  })

  it.each(COMMANDS.map(({ id }) => id))('of %s has a summary, examples and exit codes', async (id) => {
    const { code, stdout, stderr } = await demetra([...id.split(':'), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const part of ['USAGE', 'EXAMPLES', 'GLOBAL FLAGS', '--json', 'EXIT CODES'])
      expect(stdout).toContain(part)
  })

  it('has no colours where NO_COLOR is set or the output is no terminal', async () => {
    const outcomes = await Promise.all([demetra(['help']), demetra(['help'], { env: { NO_COLOR: '1' } })])
    for (const { stdout } of outcomes) expect(stdout).not.toContain('\u001b[')
  })
})

describe('the examples of the help', () => {
  /** A project with what they speak of, and no report that has read past it. */
  const examplesFolder = join(folder.path, 'examples')
  beforeAll(async () => {
    await type(folder.path, 'demetra init examples')
    await type(
      examplesFolder,
      'mv dumps/sepsis.csv .',
      "printf 'event;order_id;time\\nPaid;1;2016-01-01 12:00:00\\n' > dumps/orders.csv",
      'cp dumps/purchases.ndjson events.ndjson',
      'gzip -k events.ndjson',
      'cp events.ndjson.gz dump.ndjson.gz',
    )
    const [importSepsis = ''] = examples.filter((example) => example.startsWith('demetra import sepsis.csv'))
    await type(examplesFolder, importSepsis, 'demetra import events.ndjson')
  })
  const examples = COMMANDS.flatMap(({ id, examples: given = [] }) =>
    given.map((example) =>
      (typeof example === 'string' ? example : example.command)
        .replaceAll('<%= config.bin %>', 'demetra')
        .replaceAll('<%= command.id %>', id.replace(':', ' ')),
    ),
  )
  /** Those that speak of something that only their reader has: they are understood, but find nothing. */
  const FINDS_NOTHING =
    /k3v7q2xa|20ec0521|container\/subscription|payment-completed|rejects\.ndjson|\/var\/(lib|spool)|mongodb:/

  it.each(examples)('%s', async (example) => {
    const isService = example.startsWith('demetra serve')
    const stays = isService || example.endsWith('--follow')
    if (stays && !FINDS_NOTHING.test(example)) {
      const { code } = await demetra(example.split(' ').slice(1), {
        cwd: examplesFolder,
        onSpawn: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
      })
      expect(code).toBe(isService ? 0 : 130)
      return
    }
    const { code, stderr } = await shell(example, { cwd: examplesFolder })
    expect(FINDS_NOTHING.test(example) ? [0, 1, 2, 4, 10] : [0], stderr).toContain(code)
    expect(stderr).not.toMatch(/Nonexistent flag|Unexpected argument|expects a value|bug in Demetra/)
  })
})

describe('an older Node', () => {
  it('is told in one line what is needed, and how npm brings it', async () => {
    const older =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"
    const { code, stdout, stderr } = await demetra(['status'], {
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(older)}`],
    })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^Demetra needs Node 24 or newer.*npm install node@24.*\n$/)
  })
})

it('the version is told', async () => {
  expect(await demetra(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^demetra\/\d+\.\d+\.\d+ .* node-v\d+/) as string,
  })
})

it('init never overwrites, and what it tells to type next works', async () => {
  using other = temporaryFolder()
  const first = parseJson(await demetra(['init', 'sub/project', '--json'], { cwd: other.path }))
  const again = parseJson(await demetra(['init', 'sub/project', '--json'], { cwd: other.path }))
  expect(first.result?.['kept']).toEqual([])
  expect(again.result).toMatchObject({ created: [], kept: first.result?.['created'] })
  const next = first.result?.['next'] as string[]
  expect(next).toHaveLength(3)
  for (const line of next) {
    expect(await shell(line, { cwd: join(other.path, 'sub', 'project') })).toMatchObject({ code: 0 })
  }
  expect(await demetra(['init', 'sub/project/demetra.config.ts'], { cwd: other.path })).toMatchObject({
    code: 4,
  })
})

it('shell completion knows the commands and their flags', async () => {
  using home = temporaryFolder()
  const env = {
    HOME: home.path,
    XDG_CACHE_HOME: join(home.path, 'cache'),
    XDG_DATA_HOME: join(home.path, 'data'),
  }
  expect(await demetra(['autocomplete', '--refresh-cache'], { env })).toMatchObject({ code: 0 })
  const { stdout } = await shell('cat $(find . -name "*.bash")', { cwd: home.path, env })
  expect(stdout).toContain('projection')
  expect(stdout).toContain('--max-rejects')
})
