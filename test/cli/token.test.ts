import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { hashSecret, parseToken } from '../../src/token/token.ts'
import { demetra, parseJson, shell, temporaryFolder } from './demetra.ts'

const folder = temporaryFolder()
const cwd = folder.path
afterAll(() => folder[Symbol.dispose]())
const url = `sqlite:${join(cwd, 'demetra.db')}`
const run = (...args: string[]) => demetra(['token', ...args], { cwd })

/** For comparing: what is drawn by chance, and times. */
const steady = (text: string): string =>
  text
    .replaceAll(/demetra_[a-z2-7]{8}_[\w-]{43}/gu, 'TOKEN')
    .replaceAll(/\b(?=[a-z]*[2-7]|[a-z]{8}\b)[a-z2-7]{8}(?= {2}|[` ]|$)/gmu, 'IDENTITY')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME                    ')
    .replaceAll(cwd, '.')
    .replaceAll(/ +$/gmu, '')

describe('demetra token', () => {
  let tokens: string[] = []
  beforeAll(async () => {
    const made = [
      await run('create', '--service', 'core', '--service', 'core', '--service', 'shop $1'),
      await run('create', '--read', '--note', 'Prometheus'),
    ]
    for (const { code, stdout } of made) {
      expect(code).toBe(0)
      expect(stdout).toMatch(/^demetra_[a-z2-7]{8}_[\w-]{43}\n$/u)
    }
    tokens = made.map(({ stdout }) => stdout.trim())
  })
  const idOf = (n: number): string => parseToken(tokens[n]!)!.id

  it('create prints the token alone; what it is and how it ends goes to stderr', async () => {
    const { stdout, stderr } = await run('create', '--service', 'core')
    expect(steady(stdout)).toBe('TOKEN\n')
    const id = parseToken(stdout.trim())!.id
    expect(stderr).toBe(
      `This is token ${id} of ${url}. It is shown this once: put it where its user keeps secrets.\n` +
        `If it gets lost or known: \`demetra token revoke ${id}\`\n`,
    )
    expect(await run('create', '--service', 'core', '--quiet')).toMatchObject({ code: 0, stderr: '' })
  })

  it('create --json tells all of it in one document', async () => {
    const outcome = await run('create', '--service', 'a,b', '--json')
    expect(parseJson(outcome)).toEqual({
      status: 0,
      result: {
        id: expect.stringMatching(/^[a-z2-7]{8}$/u),
        token: expect.stringMatching(/^demetra_[a-z2-7]{8}_[\w-]{43}$/u),
        services: ['a,b'],
        read: false,
        note: null,
        store: url,
      },
      warnings: ["'a,b' is one service; of several, each has a --service of its own"],
    })
    expect(outcome.stderr).toBe('')
  })

  it('the store holds the hash of the secret, and nothing from which the token could be told', async () => {
    const store = await openEventStore(url)
    const { id, secret } = parseToken(tokens[0]!)!
    const stored = await store.tokens.find(id)
    await store.close()
    expect(Buffer.from(stored!.hash).equals(hashSecret(secret))).toBe(true)
    const { stdout } = await shell(
      'cat demetra.db demetra.db-wal 2> /dev/null | grep -c -a -F -e "$SECRET"',
      {
        cwd,
        env: { SECRET: secret },
      },
    )
    expect(stdout).toBe('0\n')
  })

  it('list shows what each opens, revoke ends one, by its id or by the token itself', async () => {
    using other = temporaryFolder()
    const at = { cwd: other.path }
    for (const args of [
      ['--service', 'core', '--service', 'shop'],
      ['--read', '--note', 'for Ann'],
    ])
      await demetra(['token', 'create', ...args], at)
    const listed = parseJson(await demetra(['token', 'list', '--json'], at)).result
    const [first, second] = listed!['tokens'] as { id: string }[]
    expect(listed).toMatchObject({
      store: `sqlite:${join(other.path, 'demetra.db')}`,
      tokens: [
        { services: ['core', 'shop'], read: false, note: null, revokedAt: null },
        { services: [], read: true, note: 'for Ann', revokedAt: null },
      ],
    })
    const { stdout } = await demetra(['token', 'revoke', first!.id], at)
    expect(stdout).toBe(
      `Token ${first!.id} is revoked; sqlite:${join(other.path, 'demetra.db')} keeps it in its list.\n`,
    )
    const table = (await demetra(['token', 'list'], at)).stdout
    expect(steady(table.replaceAll(first!.id, 'aaaaaaaa').replaceAll(second!.id, 'bbbbbbbb'))).toBe(
      [
        'id        sends for   reads       created                   revoked                   note',
        '────────  ──────────  ──────────  ────────────────────────  ────────────────────────  ───────',
        'IDENTITY  core, shop  its own     TIME                      TIME',
        'IDENTITY              everything  TIME                                                for Ann',
        '',
      ].join('\n'),
    )
    const whole = parseJson(await run('revoke', tokens[1]!, '--json'))
    expect(whole).toMatchObject({ status: 0, result: { id: idOf(1), store: url } })
  })

  it.each([
    [['create'], 2, 'A token has to open something'],
    [['create', '--service', ''], 2, "'' is no name of a service: it is empty"],
    [
      ['create', '--service', ' core'],
      2,
      "' core' is no name of a service: there is a blank before or after it",
    ],
    [['revoke', 'nothere2'], 1, `There is no token nothere2 in ${url}`],
    [['revoke'], 2, '`demetra token revoke --help` tells how it is used'],
    [['creat'], 2, `There is no command 'token creat' (did you mean "token create"?)`],
    [['--json'], 2, '`demetra help token` lists the commands that begin so'],
  ])('%j is refused with the exit code %i', async (args, code, message) => {
    const outcome = await run(...args)
    expect(outcome.code).toBe(code)
    expect(outcome.stderr + outcome.stdout).toContain(message)
  })

  it('alone it lists its commands', async () => {
    const { code, stdout, stderr } = await run()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of ['create', 'list', 'revoke']) expect(stdout).toContain(`token ${name}`)
    expect((await demetra(['help', 'token'], { cwd })).stdout).toBe(stdout)
  })
})

describe('a token in the wrong place is shown nowhere', () => {
  const SECRET = 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k'
  const TOKEN = `demetra_k3v7q2xa_${SECRET}`
  it.each([
    [TOKEN],
    ['show', TOKEN],
    ['history', TOKEN],
    ['import', TOKEN],
    ['import', `${TOKEN}.csv`, '--service', TOKEN],
    ['projection', TOKEN],
    ['report', TOKEN, '--where', `a=${TOKEN}`],
    ['status', TOKEN],
    ['status', `--${TOKEN}`],
    ['status', '--store', TOKEN],
    ['status', '--store', `sqlite:${TOKEN}`],
    ['setup', '--store', `sqlite:${TOKEN}`],
    ['status', '--store', `mongodb://127.0.0.1:1/${TOKEN}?serverSelectionTimeoutMS=50`],
    ['status', '--reports', `https://example.org/${TOKEN}`],
    ['archive', '--archive', TOKEN, '--older-than', TOKEN],
    ['status', '--config', TOKEN],
    ['token', TOKEN],
    ['token', 'revoke', TOKEN],
    ['token', 'revoke', `${TOKEN}x`],
    ['token', 'create', '--service', TOKEN],
    ['token', 'create', '--read', '--note', `for ${TOKEN}`],
    ['help', TOKEN],
  ])('demetra %s %s %s %s', async (...args) => {
    const both = [[], ['--json']].map((more) => demetra([...args, ...more], { cwd }))
    for (const { stdout, stderr } of await Promise.all(both)) {
      expect(stdout + stderr).not.toContain(SECRET)
      expect(stderr).not.toContain('this is a bug')
    }
  })

  it.each(['DEMETRA_STORE', 'DEMETRA_ARCHIVE', 'DEMETRA_REPORTS'])('in %s', async (name) => {
    const env = { [name]: TOKEN }
    const all = [['status'], ['archive', '--older-than', 'P90D'], ['status', '--json']]
    for (const { stdout, stderr } of await Promise.all(all.map((args) => demetra(args, { cwd, env })))) {
      expect(stdout + stderr).not.toContain(SECRET)
    }
  })
})
