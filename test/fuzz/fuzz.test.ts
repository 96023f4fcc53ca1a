import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatUuid } from '../../src/event/uuid.ts'
import { formatEventLine } from '../../src/event/event-line.ts'
import { readEvent } from '../../src/event/read-event.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { plainLine } from '../support/events.ts'
import { formatToken } from '../../src/token/token.ts'
import { PAYLOAD_MARK } from './event-text.ts'
import { FuzzedServer } from './fuzzed-server.ts'
import { Fuzzer } from './fuzzer.ts'
import { digestOf } from './ledger.ts'
import { Tokens } from './tokens.ts'

/** For a long run: `DEMETRA_FUZZ_REQUESTS=1000000 DEMETRA_FUZZ_SEED=7 npx vitest run test/fuzz`. */
const REQUESTS = Number(process.env['DEMETRA_FUZZ_REQUESTS'] ?? 6000)
const SEED = Number(process.env['DEMETRA_FUZZ_SEED'] ?? Math.floor(Math.random() * 1e9))
const BURST = 2000
const CONNECTIONS = 32
/** A server that takes bodies of half a MiB needs no more, however long it is bothered. */
const MEMORY_MIB = 512

const folder = mkdtempSync(join(tmpdir(), 'demetra-fuzz-'))
const tokens = new Tokens()
let store: EventStore
let server: FuzzedServer
beforeAll(async () => {
  store = await openEventStore(`sqlite:${join(folder, 'events.db')}`)
  await tokens.addTo(store.tokens)
  server = await FuzzedServer.start(folder, [...tokens.secrets, PAYLOAD_MARK])
})
afterAll(async () => {
  await server?.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test(
  `${REQUESTS} requests of all kinds of rubbish: each is answered as it has to be, what is taken are events, and nobody sees a secret`,
  { timeout: 7_200_000 },
  async () => {
    const fuzzer = new Fuzzer(server.port, SEED, tokens)
    const good = new Map<string, string>()
    for (let sent = 0; sent < REQUESTS; sent += BURST) {
      await fuzzer.burst(Math.min(BURST, REQUESTS - sent), CONNECTIONS)
      expect(fuzzer.problems, `seed ${SEED}`).toEqual([])
      expect(server.leaks.slice(0, 5), `seed ${SEED}`).toEqual([])
      const line = plainLine(sent)
      expect(await post(line), `after ${sent} requests of seed ${SEED}`).toBe(200)
      good.set(line.slice(7, 43), digestOf(readEvent(line, { receivedAt: 0 })))
      expect(server.peakMemoryMib, `seed ${SEED}`).toBeLessThan(MEMORY_MIB)
      if (sent % (BURST * 25) === 0 && sent > 0) {
        process.stderr.write(
          `${sent} requests: ${server.memoryMib.toFixed(0)} MiB, ${server.logLines} lines of log\n`,
        )
      }
    }
    expect(server.errors).toBe('')
    const { stored, unheard, outcomes } = fuzzer.ledger
    process.stderr.write(
      `seed ${SEED}: ${JSON.stringify(outcomes)}, peak ${server.peakMemoryMib.toFixed(0)} MiB\n`,
    )

    const missing = new Set(stored.keys())
    for await (const batch of store.read()) {
      for (const event of batch) {
        const id = formatUuid(event.id)
        const digest = digestOf(event)
        expect(digest, id).toBe(stored.get(id) ?? unheard.get(id) ?? good.get(id))
        expect(digestOf(readEvent(formatEventLine(event), { receivedAt: 0 })), id).toBe(digest)
        missing.delete(id)
      }
    }
    expect([...missing]).toEqual([])
  },
)

async function post(line: string): Promise<number> {
  const headers = { authorization: `Bearer ${formatToken(tokens.core)}`, 'content-type': 'application/json' }
  const { status } = await fetch(`http://127.0.0.1:${server.port}/events`, {
    method: 'POST',
    headers,
    body: line,
  })
  return status
}
