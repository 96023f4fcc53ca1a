import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDelivery } from '../../src/client/deliver/deliver-lock.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { until } from '../servers/poll.ts'
import { Receiver, STORE, type Fault, type ReceivedEvent } from './receiver.ts'
import { client, drain, event, FakeClock, refusedIn, spoolFiles } from './support.ts'

const DAY_MS = 24 * 3_600_000

let receiver: Receiver
let folder: ReturnType<typeof temporaryFolder>
beforeEach(async () => {
  receiver = await new Receiver().listen()
  folder = temporaryFolder()
})
afterEach(async () => {
  await receiver.away()
  folder[Symbol.dispose]()
})

/** Events of these aggregates, turn by turn, numbered in each, none of which arrived. */
async function spool(aggregates: readonly string[], each: number): Promise<void> {
  await receiver.away()
  const producer = client(folder.path, receiver)
  for (let n = 1; n <= each; n += 1) {
    await Promise.all(aggregates.map((aggregate) => producer.send(event(aggregate, n))))
  }
  await producer.close()
  await receiver.listen()
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const holds = (aggregate: string, n?: number) => (events: readonly ReceivedEvent[]) =>
  events.some(({ meta, payload }) => meta.aggregate_id === aggregate && (n === undefined || payload.n === n))

describe('deliver', () => {
  it('sends everything, in order for each aggregate, many in a request, and leaves an empty spool', async () => {
    const aggregates = upTo(40).map((i) => `a${i}`)
    await spool(aggregates, 20)
    expect(await drain(folder.path, receiver)).toMatchObject({
      delivered: 800,
      setAside: 0,
      left: 0,
      stopped: null,
    })
    expect(receiver.numbers()).toEqual(Object.fromEntries(aggregates.map((name) => [name, upTo(20)])))
    expect(receiver.requests.length).toBeLessThan(100)
    expect(spoolFiles(folder.path)).toEqual([])
  })

  it('sends the bytes that the producer sent', async () => {
    receiver.fault = () => 'store and drop'
    const producer = client(folder.path, receiver)
    await producer.send({ ...event('ä"\\\n', 1), payload: { '': '\u2028🎉', n: 1e21, __proto__: null } })
    await producer.close()
    receiver.fault = () => undefined
    expect(await drain(folder.path, receiver)).toMatchObject({ duplicates: 1, left: 0 })
    expect(receiver.conflicts).toBe(0)
  })

  it('does nothing with an empty spool, and asks nobody', async () => {
    await receiver.away()
    expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 0, left: 0, stopped: null })
  })

  it('goes on from memory that holds a part: thousands of one aggregate before one of another', async () => {
    await spool(['hot'], 100)
    await spool(['cold', 'hot'], 1)
    receiver.fault = (events) =>
      holds('hot', 1)(events) && !holds('cold')(receiver.events) ? { status: 500 } : undefined
    await drain(folder.path, receiver)
    expect(receiver.events[0]?.meta.aggregate_id).toBe('cold')
    expect(receiver.numbers()).toEqual({ hot: [...upTo(100), 1], cold: [1] })
  })

  describe('where the server is away', () => {
    it('waits 1 s, 2 s, 4 s … up to five minutes, a quarter more or less', async () => {
      await spool(['a'], 1)
      await receiver.away()
      const clock = new FakeClock()
      const outcome = await drain(folder.path, receiver, {
        clock,
        random: () => 0.5,
        giveUpAfterMs: 3_600_000,
      })
      expect(outcome).toMatchObject({
        delivered: 0,
        left: 1,
        stopped: { why: 'away', reason: expect.any(String) },
      })
      expect(clock.pauses.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300].map((s) => s * 1000))
      expect(Math.max(...clock.pauses)).toBe(300_000)
    })

    it.each([
      [0, 750],
      [1, 1250],
    ])('with chance %d it waits %d ms at first', async (chance, timeMs) => {
      await spool(['a'], 1)
      await receiver.away()
      const clock = new FakeClock()
      await drain(folder.path, receiver, { clock, random: () => chance })
      expect(clock.pauses[0]).toBe(timeMs)
    })

    it('waits as long as the server asks for', async () => {
      await spool(['a', 'b'], 2)
      const answers: Fault[] = [
        { status: 429, headers: { 'retry-after': '17' } },
        { status: 503, headers: { 'retry-after': new Date(Date.now() + 600_000).toUTCString() } },
      ]
      receiver.fault = () => answers.shift()
      const clock = new FakeClock()
      await drain(folder.path, receiver, { clock, giveUpAfterMs: DAY_MS })
      expect(clock.pauses[0]).toBe(17_000)
      expect(clock.pauses[1]).toBeGreaterThan(500_000)
      expect(receiver.numbers()).toEqual({ a: [1, 2], b: [1, 2] })
    })

    it.each(['stall', 'drop', 'store and drop', 'half'] as const)(
      'or does %s, everything arrives once',
      async (fault) => {
        await spool(['a', 'b', 'c'], 5)
        let requests = 0
        receiver.fault = () => ((requests += 1) % 3 === 0 ? fault : undefined)
        const outcome = await drain(folder.path, receiver, { timeoutMs: 100, giveUpAfterMs: DAY_MS })
        expect(outcome).toMatchObject({ setAside: 0, left: 0 })
        expect(receiver.numbers()).toEqual({ a: upTo(5), b: upTo(5), c: upTo(5) })
      },
    )

    it('waits no longer where the clock is set back meanwhile', async () => {
      await spool(['a'], 1)
      await receiver.away()
      const clock = new FakeClock()
      const pause = clock.pause.bind(clock)
      clock.pause = async (timeMs) => {
        if (clock.pauses.length === 2) clock.nowMs -= DAY_MS
        await pause(timeMs)
        if (clock.pauses.length === 5) await receiver.listen()
      }
      const outcome = await drain(folder.path, receiver, { clock, giveUpAfterMs: DAY_MS })
      expect(outcome).toMatchObject({ delivered: 1, left: 0 })
      expect(Math.max(...clock.pauses)).toBeLessThan(60_000)
    })

    it('for a year, everything arrives, once and in order', async () => {
      await spool(['a', 'b', 'c'], 30)
      await receiver.away()
      const clock = new FakeClock()
      const from = clock.now()
      let isBack: Promise<unknown> | undefined
      const outcome = await drain(folder.path, receiver, {
        clock: Object.assign(clock, {
          async pause(timeMs: number) {
            // the true service is asked now and then, else a year takes minutes
            clock.nowMs += timeMs < 300_000 ? timeMs : DAY_MS
            if (clock.nowMs - from > 364 * DAY_MS) await (isBack ??= receiver.listen())
          },
        }),
        random: () => 0.5,
        giveUpAfterMs: 2 * 365 * DAY_MS,
      })
      expect(clock.now() - from).toBeGreaterThan(364 * DAY_MS)
      expect(outcome).toMatchObject({ delivered: 90, setAside: 0, left: 0 })
      expect(receiver.numbers()).toEqual({ a: upTo(30), b: upTo(30), c: upTo(30) })
    })

    it('sets aside what is older than a year, once it has failed again, and never deletes it', async () => {
      await spool(['a', 'b'], 3)
      const clock = new FakeClock()
      clock.nowMs += 366 * DAY_MS
      receiver.fault = (events) => (holds('a')(events) ? { status: 500 } : undefined)
      expect(await drain(folder.path, receiver, { clock, giveUpAfterMs: DAY_MS })).toMatchObject({
        delivered: 3,
        setAside: 3,
        left: 0,
      })
      expect(receiver.numbers()).toEqual({ b: [1, 2, 3] })
      expect(refusedIn(folder.path).map(({ event: one, reason }) => [one?.payload.n, reason])).toEqual(
        [1, 2, 3].map((n) => [n, 'not delivered within P1Y; the last answer: 500 Internal Server Error']),
      )
    })
  })

  describe('an event', () => {
    it.each([400, 413, 422])(
      'that is refused with %i is set aside, and keeps nobody back',
      async (status) => {
        await spool(['a', 'b'], 4)
        receiver.refuse = (one) => (holds('a', 2)([one]) ? status : undefined)
        expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 7, setAside: 1, left: 0 })
        expect(receiver.numbers()).toEqual({ a: [1, 3, 4], b: [1, 2, 3, 4] })
        expect(refusedIn(folder.path)).toMatchObject([{ status, event: { payload: { n: 2 } } }])
      },
    )

    it('that fails again and again keeps back its aggregate alone', async () => {
      await spool(['a', 'b', 'c'], 10)
      receiver.refuse = (one) => (holds('a', 3)([one]) ? 503 : undefined)
      expect(await drain(folder.path, receiver)).toMatchObject({
        delivered: 22,
        left: 8,
        stopped: { why: 'away' },
      })
      expect(receiver.numbers()).toEqual({ a: [1, 2], b: upTo(10), c: upTo(10) })
      receiver.refuse = () => undefined
      expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 8, left: 0 })
      expect(receiver.numbers()['a']).toEqual(upTo(10))
    })

    it.each([500, 503, 'stall', 'drop'] as const)(
      'that makes the server fail as a whole (%s) is found, and keeps back its aggregate alone',
      async (fault) => {
        await spool(['a', 'b', 'c', 'd'], 6)
        const failing = typeof fault === 'number' ? { status: fault } : fault
        receiver.fault = (events) => (holds('b', 2)(events) ? failing : undefined)
        const timeoutMs = fault === 'stall' ? 500 : 60_000
        expect(await drain(folder.path, receiver, { timeoutMs })).toMatchObject({ left: 5 })
        expect(receiver.numbers()).toEqual({ a: upTo(6), b: [1], c: upTo(6), d: upTo(6) })
      },
    )

    it('of a version that takes no batches arrives alone', async () => {
      await spool(['a', 'b', 'c'], 3)
      receiver.fault = (events) => (events.length > 1 ? { status: 415 } : undefined)
      expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 9, left: 0 })
    })

    it('arrives in smaller requests where those were too large', async () => {
      await spool(upTo(64).map(String), 2)
      receiver.fault = (events) => (events.length > 10 ? { status: 413 } : undefined)
      expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 128, setAside: 0, left: 0 })
    })
  })

  describe('a token that is not taken', () => {
    it.each([401, 403])('(%i) stops it at once, and another one goes on', async (status) => {
      await spool(['a', 'b'], 3)
      if (status === 401) receiver.token = 'demetra_test_another'
      else receiver.refuse = () => 403
      const outcome = await drain(folder.path, receiver)
      expect(outcome).toMatchObject({ delivered: 0, setAside: 0, left: 6, stopped: { why: 'not-allowed' } })
      receiver.refuse = () => undefined
      expect(await drain(folder.path, receiver, { token: receiver.token })).toMatchObject({
        delivered: 6,
        left: 0,
      })
      expect(receiver.numbers()).toEqual({ a: [1, 2, 3], b: [1, 2, 3] })
    })
  })

  describe('another store than the spool is for', () => {
    const OTHER = '00000000-0000-4000-8000-000000000002'

    it('is refused before anything is sent', async () => {
      await spool(['a'], 1)
      writeFileSync(join(folder.path, 'store.json'), `{"store":"${STORE}"}`)
      receiver.store = OTHER
      await expect(drain(folder.path, receiver)).rejects.toMatchObject({ code: 'DEMETRA_SPOOL_OTHER_STORE' })
      expect(receiver.events).toEqual([])
    })

    it('is taken where one says so, and where nothing was left', async () => {
      await spool(['a'], 1)
      writeFileSync(join(folder.path, 'store.json'), `{"store":"${STORE}"}`)
      receiver.store = OTHER
      expect(await drain(folder.path, receiver, { changeStore: true })).toMatchObject({ delivered: 1 })
      receiver.store = STORE
      await spool(['b'], 1)
      expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 1 })
    })
  })

  it('ends with what was there at its start, however fast more comes in', async () => {
    await spool(['a', 'b'], 3)
    const producer = client(folder.path, receiver)
    let more = 3
    // for each event that arrives, another one comes
    receiver.refuse = ({ meta }) => {
      if (meta.aggregate_id === 'a') void producer.send(event('a', (more += 1)))
      return undefined
    }
    expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 6, stopped: null })
    receiver.refuse = () => undefined
    await producer.close()
    expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 3, left: 0 })
    expect(receiver.numbers()).toEqual({ a: upTo(6), b: upTo(3) })
  })

  it('sends what was done but not noted again, and it is known', async () => {
    await spool(['a', 'b'], 3)
    const [name] = spoolFiles(folder.path)
    const content = readFileSync(join(folder.path, name!))
    await drain(folder.path, receiver)
    writeFileSync(join(folder.path, name!), content)
    expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 0, duplicates: 6, left: 0 })
    expect(receiver.conflicts).toBe(0)
  })

  it('sets damaged lines aside and sends the others; a torn tail is nobody’s event', async () => {
    await spool(['a', 'b', 'c'], 1)
    const [name] = spoolFiles(folder.path)
    const path = join(folder.path, name!)
    const content = readFileSync(path)
    content.writeUInt8(content.readUInt8(60) ^ 1, 60)
    writeFileSync(path, content)
    appendFileSync(path, '{"crc":"0000')
    expect(await drain(folder.path, receiver)).toMatchObject({
      delivered: 2,
      setAside: 1,
      damaged: 1,
      left: 0,
    })
    expect(Buffer.from(refusedIn(folder.path)[0]?.raw ?? '', 'base64').toString()).toContain('"aggregate"')
    expect(spoolFiles(folder.path)).toEqual([])
  })

  it('is refused while another run delivers the same spool', async () => {
    using _lock = lockDelivery(folder.path)
    await expect(drain(folder.path, receiver)).rejects.toMatchObject({ code: 'DEMETRA_LOCKED', exitCode: 11 })
  })

  it('that follows sends what comes in, beside what waits, and ends when it is told to', async () => {
    await spool(['stuck'], 2)
    receiver.refuse = (one) => (holds('stuck')([one]) ? 503 : undefined)
    const ending = new AbortController()
    let delivered = 0
    const following = drain(folder.path, receiver, {
      follow: true,
      signal: ending.signal,
      onProgress: (counts) => (delivered = counts.delivered),
    })
    const producer = client(folder.path, receiver)
    for (const n of upTo(3)) {
      receiver.fault = (events) =>
        events.length === 1 && holds('a', n)(events) ? { status: 503 } : undefined
      await producer.send(event('a', n))
      receiver.fault = () => undefined
      await until('it arrives, and its answer too', () => delivered === n)
      expect(receiver.numbers()['a']).toEqual(upTo(n))
    }
    ending.abort()
    expect(await following).toMatchObject({ delivered: 3, left: 2 })
    await producer.close()
  })

  it.each([
    ['', 0],
    [', of more than a year ago too', 366],
  ])(
    'that is told to stop waits no longer for a server that says nothing, and keeps what it sent%s',
    async (_, days) => {
      await spool(['a'], 2)
      let isAsked = false
      receiver.fault = () => {
        isAsked = true
        return 'stall'
      }
      const clock = new FakeClock()
      clock.nowMs += days * DAY_MS
      const ending = new AbortController()
      const told: string[] = []
      const stopping = drain(folder.path, receiver, {
        clock,
        signal: ending.signal,
        timeoutMs: 600_000,
        onTrouble: (message) => told.push(message),
      })
      await until('it is asked', () => isAsked)
      ending.abort()
      expect(await stopping).toMatchObject({ delivered: 0, setAside: 0, left: 2, stopped: null })
      expect(told).toEqual([])
      receiver.fault = () => undefined
      expect(await drain(folder.path, receiver)).toMatchObject({ delivered: 2, left: 0 })
    },
  )
})
