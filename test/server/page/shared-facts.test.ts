import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/server/page/facts.ts'
import { SharedFacts } from '../../../src/server/page/shared-facts.ts'
import { factsWith } from './facts.ts'

/** Facts whose read is answered by hand, on a clock that is moved by hand. */
function byHand(deadlineMs?: number) {
  const reads: PromiseWithResolvers<Facts>[] = []
  const clock = { nowMs: 1_000_000 }
  const read = () => {
    const answer = Promise.withResolvers<Facts>()
    reads.push(answer)
    return answer.promise
  }
  const options = deadlineMs === undefined ? {} : { deadlineMs }
  return { reads, clock, shared: new SharedFacts(read, { now: () => clock.nowMs, ...options }) }
}

describe('facts that viewers share', () => {
  it('are read once for all who ask at the same time, and told again while they are young', async () => {
    const { reads, clock, shared } = byHand()
    const answers = Promise.all(Array.from({ length: 50 }, () => shared.get()))
    reads[0]!.resolve(factsWith())
    expect((await answers).every(({ facts }) => facts !== null)).toBe(true)
    clock.nowMs += 1999
    await shared.get()
    expect(reads).toHaveLength(1)
    clock.nowMs += 1
    void shared.get()
    expect(reads).toHaveLength(2)
    reads[1]!.resolve(factsWith())
  })

  it('stay as they were when a read fails, with the failure and since when it has failed', async () => {
    const { reads, clock, shared } = byHand()
    const first = shared.get()
    reads[0]!.resolve(factsWith())
    await first
    const since = (clock.nowMs += 5000)
    const second = shared.get()
    reads[1]!.reject(new Error('mongodb://me:secret@db is away'))
    expect(await second).toMatchObject({
      facts: { at: factsWith().at },
      failure: { message: 'mongodb://***@db is away', sinceMs: since },
    })
    clock.nowMs += 5000
    const third = shared.get()
    reads[2]!.reject(new Error('still away'))
    expect((await third).failure).toMatchObject({ message: 'still away', sinceMs: since })
    clock.nowMs += 5000
    const fourth = shared.get()
    reads[3]!.resolve(factsWith())
    expect((await fourth).failure).toBeNull()
  })

  it('keep nobody waiting for a store that hangs, and ask it no second time', async () => {
    const { reads, clock, shared } = byHand(1)
    expect((await shared.get()).failure?.message).toBe('The event store does not answer')
    clock.nowMs += 60_000
    expect((await shared.get()).failure?.sinceMs).toBe(1_000_000)
    expect(reads).toHaveLength(1)
    reads[0]!.resolve(factsWith())
    await reads[0]!.promise
    expect(await shared.get()).toMatchObject({ failure: null })
  })
})
