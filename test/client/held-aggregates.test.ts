import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { HeldAggregates } from '../../src/client/spool/held-aggregates.ts'
import { checkedLine, eventLine } from '../../src/client/spool/record.ts'
import { SpoolWriter } from '../../src/client/spool/spool-writer.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { spoolFiles } from './support.ts'

let folder: ReturnType<typeof temporaryFolder>
let nowMs: number
let writer: SpoolWriter
beforeEach(() => {
  folder = temporaryFolder()
  nowMs = 2_000_000
  writer = new SpoolWriter({ folder: folder.path, now: () => nowMs, segmentBytes: 1_000_000 })
})
afterEach(async () => {
  await writer.close()
  folder[Symbol.dispose]()
})

const spool = (aggregate: string) => writer.append(eventLine({ at: 1, aggregate, text: '{"id":1}' }), null)
function removeSegments(): void {
  for (const name of spoolFiles(folder.path)) rmSync(join(folder.path, name))
}

it('an aggregate is held by its newest event, also where the clock went back meanwhile', async () => {
  const [own, other] = [new HeldAggregates(folder.path), new HeldAggregates(folder.path)]
  own.note('a', await spool('a'))
  expect([own.has('a'), other.has('a')]).toEqual([true, true])
  removeSegments()
  nowMs = 1_000_000
  own.note('a', await spool('a'))
  expect([own.has('a'), other.has('a')]).toEqual([true, true])
  removeSegments()
  expect([own.has('a'), other.has('a')]).toEqual([false, false])
})

it('where it cannot read on, it says that all are held, and tries again', async () => {
  const held = new HeldAggregates(folder.path)
  const odd = checkedLine(`"at":1,"aggregate":x","event":{}`)
  const name = join(folder.path, '0000000000000001-00000000.spool')
  writeFileSync(name, Buffer.concat(Array.from({ length: 9000 }, () => odd)))
  expect(held.has('a')).toBe(true)
  await setImmediate()
  await setImmediate()
  expect(held.has('a')).toBe(true)
  rmSync(name)
  expect(held.has('a')).toBe(false)
})

it('more aggregates than it remembers count as held until what it has forgotten is delivered', async () => {
  const held = new HeldAggregates(folder.path, 10)
  for (let i = 0; i < 11; i += 1) held.note(`a${i}`, await spool(`a${i}`))
  expect([held.has('a0'), held.has('new')]).toEqual([true, true])
  const forgotten = spoolFiles(folder.path)
  // another segment comes before the first is delivered: the spool is never empty
  nowMs += 1
  const next = new SpoolWriter({ folder: folder.path, now: () => nowMs, segmentBytes: 1 })
  held.note('b', await next.append(eventLine({ at: 1, aggregate: 'b', text: '{"id":1}' }), null))
  await next.close()
  expect(held.has('new')).toBe(true)
  for (const name of forgotten) rmSync(join(folder.path, name))
  expect([held.has('new'), held.has('a0'), held.has('b')]).toEqual([false, false, true])
})
