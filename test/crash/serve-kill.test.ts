import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { parseUuid } from '../../src/event/uuid.ts'
import { createToken } from '../../src/token/create-token.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { post } from '../server/post.ts'
import { ServeProcess } from '../server/serve-process.ts'
import { describeWithMongod, startMongod, type Mongod } from '../servers/mongod.ts'
import { until } from '../servers/poll.ts'

/** DEMETRA_KILLS raises it. */
const KILLS = Number(process.env['DEMETRA_KILLS'] ?? 3)
const CONNECTIONS = 16

interface Sent {
  id: string
  /** 200 or 409: the server has said that it is stored. */
  isAcknowledged: boolean
}

/** Sends events one after the other, the next when the one before is acknowledged, until `isOver`. */
async function send(
  url: string,
  token: string,
  sender: number,
  sent: Sent[],
  isOver: () => boolean,
): Promise<void> {
  for (let n = 0; !isOver(); n += 1) {
    const event: Sent = { id: randomUUID(), isAcknowledged: false }
    sent.push(event)
    const line =
      `{"id":"${event.id}","meta":{"service":"core","type":"sent","created_at":"2016-01-01T00:00:00.000Z",` +
      `"aggregate_id":"sender/${sender}"},"payload":{"n":${n}}}`
    while (!event.isAcknowledged && !isOver()) {
      const status = await post(url, line, { token })
        .then((answer) => answer.status)
        .catch(() => 0)
      expect([0, 200, 409, 503]).toContain(status)
      event.isAcknowledged = status === 200 || status === 409
      if (status === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function killSuite(storeUrl: () => string): void {
  test(
    `what was acknowledged is there, once, in the order in which each connection sent it (${KILLS} kills)`,
    { timeout: 120_000 + KILLS * 20_000 },
    async () => {
      const url = storeUrl()
      const setup = await openEventStore(url)
      const { token } = await createToken(setup.tokens, { services: ['core'], read: false, note: null })
      await setup.close()
      let server = await ServeProcess.start(url)
      const { port } = server
      const sent: Sent[][] = Array.from({ length: CONNECTIONS }, () => [])
      const acknowledged = (): number => sent.flat().filter((event) => event.isAcknowledged).length
      let isOver = false
      const senders = sent.map((of, sender) => send(server.url, token, sender, of, () => isOver))
      for (let kill = 0; kill < KILLS; kill += 1) {
        // at a random moment of a busy time
        const enough = acknowledged() + 20 + Math.random() * 200
        await until('events are acknowledged', () => acknowledged() >= enough)
        expect(await server.end('SIGKILL')).toBe('SIGKILL')
        server = await ServeProcess.start(url, port)
      }
      const last = acknowledged()
      await until('it goes on', () => acknowledged() > last + CONNECTIONS)
      isOver = true
      await Promise.all(senders)
      expect(await server.end('SIGTERM')).toBe(0)

      const store = await openEventStore(url)
      for (const [sender, of] of sent.entries()) {
        const stored: string[] = []
        for await (const batch of store.history({ aggregateId: `sender/${sender}` })) {
          for (const { id } of batch) stored.push(Buffer.from(id).toString('hex'))
        }
        const hex = ({ id }: Sent): string => Buffer.from(parseUuid(id) as Uint8Array).toString('hex')
        // what was sent last may be stored without its answer
        const least = of.filter((event) => event.isAcknowledged).map(hex)
        expect([least, of.map(hex)]).toContainEqual(stored)
      }
      await store.close()
    },
  )
}

describe('demetra serve that is killed at any moment, on SQLite', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  killSuite(() => `sqlite:${join(folder.path, `${randomUUID()}.db`)}`)
})

describeWithMongod('demetra serve that is killed at any moment', () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(() => server.stop())
  describe('on MongoDB', () => {
    killSuite(() => server.url(`d${randomUUID()}`))
  })
})
