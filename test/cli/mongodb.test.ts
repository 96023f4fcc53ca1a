import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithMongod, type ReplicaSet, startReplicaSet } from '../servers/mongod.ts'
import { plainLine, plainLines } from '../support/events.ts'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'
import { commandsIn } from './readme.ts'

const PURCHASES = 69
const HOSPITAL = 223

/** As the README has it. */
const SEPSIS = ['dumps/sepsis.csv', ...mapping()]

function mapping(): string[] {
  const [line = ''] = commandsIn('project').filter((command) =>
    command.startsWith('demetra verify dumps/sepsis'),
  )
  const words = [...line.matchAll(/'([^']*)'|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  return words.slice(3)
}

describeWithMongod('the command line on MongoDB', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let cwd = ''
  let set: ReplicaSet
  let url = ''

  const run = (...args: string[]) => demetra(args, { cwd })
  /** With --json: its document, which has to be of this exit code. */
  async function json(status: number, ...args: string[]) {
    const outcome = await run(...args, '--json')
    expect(outcome.code, outcome.stdout + outcome.stderr).toBe(status)
    return parseJson(outcome)
  }
  const inMongo = (database: string) => ['--store', set.url(database)]
  const inSqlite = (name: string) => ['--store', `sqlite:${name}.db`]
  const exported = async (store: string[], ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run('export', ...args, ...store)
    expect(code, stderr).toBe(0)
    return stdout
  }

  beforeAll(async () => {
    folder = temporaryFolder()
    cwd = folder.path
    set = await startReplicaSet({ members: 1 })
    url = set.url('main')
    expect(await run('init')).toMatchObject({ code: 0, stderr: '' })
    for (const store of [['--store', url], inSqlite('demetra')]) {
      expect(await run('import', 'dumps/purchases.ndjson', ...store)).toMatchObject({ code: 0, stderr: '' })
      expect(await run('import', ...SEPSIS, ...store)).toMatchObject({ code: 0, stderr: '' })
    }
  })
  afterAll(async () => {
    await set?.stop()
    folder[Symbol.dispose]()
  })

  it('the same dumps again are duplicates, and no trouble', async () => {
    const { result } = await json(0, 'import', 'dumps/purchases.ndjson', '--store', url)
    expect(result).toMatchObject({ events: PURCHASES, written: 0, duplicates: PURCHASES })
    const again = await json(0, 'import', ...SEPSIS, '--store', url)
    expect(again.result).toMatchObject({ events: HOSPITAL, written: 0, duplicates: HOSPITAL })
  })

  it('verify tells what is new and what is stored, and writes nothing', async () => {
    const known = await json(0, 'verify', 'dumps/purchases.ndjson', '--store', url)
    expect(known.result).toMatchObject({
      sources: [{ events: PURCHASES, new: 0, duplicatesInStore: PURCHASES }],
    })
    const unseen = await json(0, 'verify', 'dumps/purchases.ndjson', ...inMongo('unseen'))
    expect(unseen.result).toMatchObject({ sources: [{ events: PURCHASES, new: PURCHASES }] })
    const refused = await json(10, 'export', '--output', 'unseen.ndjson', ...inMongo('unseen'))
    expect(refused.error?.code).toBe('DEMETRA_STORE_MISSING')
  })

  it.each([
    'export',
    'export --format csv',
    'export --type crp',
    'export --from 2014-06-01 --to 2015-01-01',
    'export --correlation customer/2',
    'history case/A',
    'show 2d8da38d-9144-474c-a7e2-ea04f20fe09c',
  ])('says what a SQLite store says, to the byte: %s', async (line) => {
    const command = line.split(' ')
    const [fromMongo, fromSqlite] = [
      await run(...command, '--store', url),
      await run(...command, ...inSqlite('demetra')),
    ]
    // when an event came, and where it is, differs
    const timeless = (text: string) => text.replaceAll(/^(?:received_at|stored in) .*$/gmu, '')
    expect(fromMongo.code).toBe(0)
    expect(timeless(fromMongo.stdout)).not.toBe('')
    expect(timeless(fromMongo.stdout)).toBe(timeless(fromSqlite.stdout))
  })

  it('moves to another database whole: export --full, import --full, and the same again', async () => {
    const whole = await exported(['--store', url], '--full')
    writeFileSync(join(cwd, 'whole.ndjson'), whole)
    await json(0, 'import', 'whole.ndjson', '--full', ...inMongo('moved'))
    expect(await exported(inMongo('moved'), '--full')).toBe(whole)
    await json(0, 'import', 'whole.ndjson', '--full', ...inSqlite('moved'))
    expect(await exported(inSqlite('moved'), '--full')).toBe(whole)
  })

  it('status tells the counts, for people and for programs', async () => {
    const { code, stdout } = await run('status', '--store', url)
    expect(code).toBe(0)
    expect(stdout).toContain(`/main?replicaSet=rs0: ${PURCHASES + HOSPITAL} events`)
    expect(stdout).toMatch(/^purchase-landed +\d+ +2016-01-01 /mu)
    const [mongo, sqlite] = [
      await json(0, 'status', '--store', url),
      await json(0, 'status', ...inSqlite('demetra')),
    ]
    expect(mongo.result).toMatchObject({
      store: { events: PURCHASES + HOSPITAL },
      unfinishedImports: [],
      locks: [],
    })
    for (const part of ['types', 'days']) expect(mongo.result?.[part]).toEqual(sqlite.result?.[part])
  })

  it('setup says what it made, and next time that it is there', async () => {
    const first = await run('setup', ...inMongo('made'))
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/^created {2}collection events\n/u)
    expect(first.stdout).toContain('created  index events_by_position\n')
    expect(first.stdout).not.toContain('checked')
    expect(first.stdout).toMatch(/^The event store mongodb:\S+\/made\S+ is ready\.$/mu)
    const again = await run('setup', ...inMongo('made'))
    expect(again.stdout.replaceAll(/^checked /gmu, 'created ')).toBe(first.stdout)
    const { result } = await json(0, 'setup', ...inMongo('made'))
    expect(result).toMatchObject({ created: [], shardCommands: [] })
  })

  it('setup --shard also says what to type to spread the events', async () => {
    const { stdout } = await run('setup', '--shard', ...inMongo('made'))
    expect(stdout).toContain('sh.enableSharding("made")\n')
    expect(stdout).toContain('sh.shardCollection("made.events", { _id: "hashed" })\n')
  })

  it.each([
    ['sqlite:unmade.db', 'DEMETRA_USAGE', '--shard is for an event store in MongoDB'],
    ['mongodb://127.0.0.1:1/', 'DEMETRA_STORE_URL', 'it does not name a database'],
    ['mongodb://127.0.0.1:1/%zz', 'DEMETRA_STORE_URL', "its database '%zz' cannot be read"],
  ])('setup --shard does not take %s', async (store, code, why) => {
    const { error } = await json(2, 'setup', '--shard', '--store', store)
    expect(error).toMatchObject({ code, message: expect.stringContaining(why) as string })
    expect(readdirSync(cwd)).not.toContain('unmade.db')
  })

  it('--position received keeps the order of each aggregate', async () => {
    const events = 5000
    // newest first: by created_at they would turn round
    const lines = Array.from({ length: events }, (_, i) => plainLine(events - i))
    writeFileSync(join(cwd, 'backwards.ndjson'), `${lines.join('\n')}\n`)
    await json(0, 'import', 'backwards.ndjson', '--position', 'received', ...inMongo('received'))
    const stored = (await exported(inMongo('received'))).trim().split('\n')
    const byAggregate = (all: readonly string[]) =>
      Map.groupBy(all, (line) => /"aggregate_id":"([^"]*)"/u.exec(line)?.[1])
    expect(stored).toHaveLength(events)
    for (const [aggregate, sent] of byAggregate(lines)) {
      expect(byAggregate(stored).get(aggregate), aggregate).toEqual(sent)
    }
  })

  it('an event of a known id with another content is a conflict: exit 3, the stored one stays', async () => {
    writeFileSync(join(cwd, 'first.ndjson'), plainLines(3))
    writeFileSync(join(cwd, 'second.ndjson'), `${plainLine(2, { other: true })}\n${plainLine(4)}\n`)
    await json(0, 'import', 'first.ndjson', ...inMongo('conflict'))
    const { result } = await json(3, 'import', 'second.ndjson', ...inMongo('conflict'))
    expect(result).toMatchObject({ events: 2, written: 1, conflicts: 1, duplicates: 0 })
    expect(await exported(inMongo('conflict'))).toBe(plainLines(4))
  })

  describe('a report', () => {
    const report = async (name: string, reports: string, ...store: string[]) => {
      const { result } = await json(0, 'projection', name, '--reports', `sqlite:${reports}.db`, ...store)
      const { stdout } = await run('report', name, '--format', 'ndjson', '--reports', `sqlite:${reports}.db`)
      return { result, rows: stdout }
    }

    it.each(['purchase-funnel', 'hospital-cases'])(
      '%s is the one that a SQLite store gives',
      async (name) => {
        const mongo = await report(name, 'mongo', '--store', url)
        const sqlite = await report(name, 'sqlite', ...inSqlite('demetra'))
        expect(mongo.rows).not.toBe('')
        expect(mongo.rows).toBe(sqlite.rows)
      },
    )

    it('is run over all that is stored when it begins: it waits until that is old enough', async () => {
      const received = ['import', 'dumps/purchases.ndjson', '--position', 'received']
      await json(0, ...received, ...inSqlite('window-events'))
      await json(0, ...received, ...inMongo('window'))
      // an event at the end of the log counts as settled after five seconds
      const mongo = await report('purchase-funnel', 'mongo-window', '--store', set.url('window'))
      expect(mongo.result).toMatchObject({ events: PURCHASES })
      const sqlite = await report('purchase-funnel', 'sqlite-window', ...inSqlite('window-events'))
      expect(mongo.rows).toBe(sqlite.rows)
    })
  })
})
