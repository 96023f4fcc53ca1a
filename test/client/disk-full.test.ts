import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../cli/demetra.ts'
import { canMount, SmallDisk } from '../servers/small-disk.ts'
import { Receiver } from './receiver.ts'
import { client, drain, event } from './support.ts'

describe.skipIf(!canMount())('a disk that is full', () => {
  it('is told of each event that it does not take, and of no other; room made, it goes on', async () => {
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '1m')
    await using receiver = await new Receiver().listen()
    await receiver.away()
    const spool = join(disk.path, 'spool')
    const producer = client(spool, receiver)
    await producer.send(event('a', 0))
    disk.leave(32)
    const padding = 'x'.repeat(1000)
    const spooled = [0]
    const refused: string[] = []
    for (let n = 1; n <= 120; n += 6) {
      // several at once, so that a write is cut off between two and in the midst of one
      const numbers = [0, 1, 2, 3, 4, 5].map((i) => n + i)
      const outcomes = await Promise.allSettled(
        numbers.map((i) => producer.send({ ...event(`a${i % 6}`, i), payload: { n: i, padding } })),
      )
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') spooled.push(numbers[i] as number)
        else refused.push((outcome.reason as { code: string }).code)
      }
    }
    expect(spooled.length).toBeGreaterThan(10)
    expect(spooled.length + refused.length).toBe(121)
    expect(new Set(refused)).toEqual(new Set(['DEMETRA_SPOOL_FULL']))
    disk.resize('2m')
    expect(await producer.send(event('a', 1000))).toMatchObject({ outcome: 'spooled' })
    await receiver.listen()
    expect(await drain(spool, receiver)).toMatchObject({
      delivered: spooled.length + 1,
      setAside: 0,
      left: 0,
    })
    const arrived = receiver.events.map(({ payload }) => payload.n as number)
    expect(arrived.toSorted((a, b) => a - b)).toEqual([...spooled, 1000])
    await producer.close()
  })

  it('keeps deliver from nothing, and so has room again', async () => {
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '1m')
    await using receiver = await new Receiver().listen()
    await receiver.away()
    const producer = client(disk.path, receiver)
    for (let n = 1; n <= 50; n += 1) await producer.send(event('a', n))
    await receiver.listen()
    disk.leave(0)
    expect(await drain(disk.path, receiver)).toMatchObject({ delivered: 50, setAside: 0, left: 0 })
    expect(receiver.numbers()).toEqual({ a: Array.from({ length: 50 }, (_, i) => i + 1) })
    await receiver.away()
    expect(await producer.send(event('a', 51))).toMatchObject({ outcome: 'spooled' })
    await producer.close()
  })

  it('on which deliver can set nothing aside ends it, and nothing is lost', async () => {
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '1m')
    await using receiver = await new Receiver().listen()
    await receiver.away()
    const producer = client(disk.path, receiver)
    for (let n = 1; n <= 50; n += 1) await producer.send(event('a', n))
    await producer.close()
    await receiver.listen()
    disk.leave(0)
    receiver.refuse = ({ payload }) => (payload.n === 25 ? 400 : undefined)
    await expect(drain(disk.path, receiver)).rejects.toMatchObject({ code: 'DEMETRA_SPOOL_FULL' })
    disk.resize('2m')
    expect(await drain(disk.path, receiver)).toMatchObject({ duplicates: 24, delivered: 25, setAside: 1 })
    expect(receiver.conflicts).toBe(0)
  })
})

it('a spool that cannot be written any more is told, and nothing pretends', async () => {
  using folder = temporaryFolder()
  await using receiver = await new Receiver().listen()
  await receiver.away()
  const spool = join(folder.path, 'spool')
  const producer = client(spool, receiver)
  writeFileSync(
    join(spool, 'append.lock'),
    'this is no lock, but something that stands where it should be'.repeat(99),
  )
  await expect(producer.send(event('a', 1))).rejects.toMatchObject({ code: 'DEMETRA_SPOOL_UNWRITABLE' })
  writeFileSync(join(spool, 'append.lock'), '')
  expect(await producer.send(event('a', 1))).toMatchObject({ outcome: 'spooled' })
  await producer.close()
})
