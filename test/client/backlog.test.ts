import { expect, it } from 'vitest'
import { Backlog } from '../../src/client/deliver/backlog.ts'
import { eventLine } from '../../src/client/spool/record.ts'
import { SpoolWriter } from '../../src/client/spool/spool-writer.ts'
import { temporaryFolder } from '../cli/demetra.ts'

it('a backlog holds no more than it may, also of an aggregate whose events get larger', async () => {
  using folder = temporaryFolder()
  const writer = new SpoolWriter({ folder: folder.path, now: () => 1 })
  const large = 'x'.repeat(10_000)
  const texts = Array.from({ length: 200 }, (_, n) => `{"n":${n},"text":"${n < 70 ? '' : large}"}`)
  await Promise.all(texts.map((text) => writer.append(eventLine({ at: 1, aggregate: 'a', text }), null)))
  await writer.close()
  const backlog = new Backlog(folder.path, false, 50_000)
  const read: string[] = []
  for (backlog.readOn(1); !backlog.isEmpty; backlog.readOn(1)) {
    const [queue] = backlog.ready
    const held = queue!.entries.map(({ event }) => event.text)
    expect(held.join('').length).toBeLessThan(50_000 + 2 * large.length)
    read.push(held[0]!)
    backlog.sent(queue!)
    backlog.through(queue!)
  }
  expect(read).toEqual(texts)
})
