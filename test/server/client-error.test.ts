import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainLine } from '../support/events.ts'
import { runningServer, type TestServer } from './running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.stop())

/** All that comes back until the server ends the connection. */
async function exchange(text: string): Promise<string> {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' })
  let answers = ''
  socket.setEncoding('utf8').on('data', (piece: string) => (answers += piece))
  socket.write(text)
  await once(socket, 'close')
  return answers
}

function post(line: string): string {
  const head = [
    'POST /events HTTP/1.1',
    'Host: x',
    'Authorization: Bearer core',
    'Content-Type: application/json',
  ]
  return `${head.join('\r\n')}\r\nContent-Length: ${line.length}\r\n\r\n${line}`
}

test('what is no HTTP is answered in the form of every other answer', async () => {
  const answers = await exchange('EHLO example.com\r\n\r\n')
  expect(answers).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(?:.*\r\n)*Connection: close\r\n/u)
  expect(JSON.parse(answers.split('\r\n\r\n')[1]!)).toMatchObject({
    status: 400,
    error: { code: 'DEMETRA_REQUEST' },
  })
  expect(await exchange(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /u)
})

test('an event is never answered with what was said of the rubbish behind it', async () => {
  const answers = await exchange(`${post(plainLine(1))}EHLO example.com\r\n\r\n`)
  expect(answers).not.toMatch(/^HTTP\/1\.1 400 /u)
})

test('a path that cannot be read is not told again', async () => {
  const response = await fetch(`${server.url}/events/%ff?token=secret`)
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { code: 'DEMETRA_REQUEST' } },
  ])
})
