import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { plainLine } from '../support/events.ts'
import { post } from '../server/post.ts'
import { demetra, parseJson, temporaryFolder, type Outcome } from './demetra.ts'

/** Runs `serve` until it listens, does something with it, and ends it by a signal. */
async function serve(
  cwd: string,
  args: readonly string[],
  use: (url: string) => Promise<void>,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<Outcome> {
  let used: Promise<void> | undefined
  const outcome = await demetra(['serve', '--port', '0', ...args], {
    cwd,
    onSpawn: (child) => {
      let heard = ''
      const listen = (piece: Buffer | string): void => {
        heard += String(piece)
        const url = /http:\/\/127\.0\.0\.1:\d+/u.exec(heard)?.[0]
        if (url !== undefined) used ??= use(url).finally(() => child.kill(signal))
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
    },
  })
  await used
  return outcome
}

test('serve takes events by a token of the store, and ends with 0 on SIGTERM and Ctrl-C, saying what it stored', async () => {
  using folder = temporaryFolder()
  const cwd = folder.path
  const token = (await demetra(['token', 'create', '--service', 'core'], { cwd })).stdout.trim()
  const first = await serve(cwd, [], async (url) => {
    expect((await post(url, plainLine(1), { token })).status).toBe(200)
    expect((await post(url, plainLine(1), { token: `${token}x` })).status).toBe(401)
  })
  expect(first.code).toBe(0)
  expect(first.stdout).toMatch(/^Listening on http:\S+\nStopped after 1 event, 0 duplicates, 0 conflicts\n$/)
  expect(first.stderr).toContain('"path":"/events","status":200')
  expect(first.stderr).not.toContain(token)
  const lines = first.stderr.trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message.split(':')[0])).toEqual([
    'listening',
    'request',
    'request',
    'stopping',
  ])

  const second = await serve(
    cwd,
    ['--quiet'],
    async (url) => expect((await post(url, plainLine(1), { token })).status).toBe(409),
    'SIGINT',
  )
  expect({ code: second.code, stderr: second.stderr }).toEqual({ code: 0, stderr: '' })

  const third = await serve(cwd, ['--json'], async (url) => {
    expect((await post(url, plainLine(2), { token })).status).toBe(200)
  })
  expect(parseJson(third)).toMatchObject({ status: 0, result: { stored: 1, duplicates: 0, failed: 0 } })
  expect((await demetra(['export'], { cwd })).stdout).toBe(`${plainLine(1)}\n${plainLine(2)}\n`)
})

test('serve says what to do where it cannot listen', async () => {
  using folder = temporaryFolder()
  const cwd = folder.path
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const taken = await demetra(['serve', '--port', String(port)], { cwd })
  expect(taken.code).toBe(1)
  expect(taken.stderr).toContain(`demetra serve --port ${port + 1}`)
  other.close()
  const nowhere = await demetra(['serve', '--host', '203.0.113.7', '--port', '0', '--json'], { cwd })
  expect(parseJson(nowhere)).toMatchObject({ status: 2, error: { code: 'DEMETRA_HOST' } })
})
