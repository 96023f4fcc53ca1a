import { afterEach, beforeEach, expect, test } from 'vitest'
import { DemetraError, EXIT } from '../../src/errors.ts'
import { follow } from '../../src/projection/follow.ts'
import { count, counting } from './counting.ts'
import { Workspace } from './workspace.ts'

let workspace: Workspace
beforeEach(async () => {
  workspace = await Workspace.open()
})
afterEach(() => workspace.close())

/** Follows until the report shows this sum. */
async function followUntil(sum: number, onRound: (round: number) => Promise<void>): Promise<string[]> {
  const abort = new AbortController()
  const troubles: string[] = []
  let round = 0
  await follow({
    eventStore: workspace.eventStore,
    signal: abort.signal,
    onTrouble: ({ code }) => troubles.push(code),
    catchUp: async () => {
      round += 1
      await onRound(round)
      await workspace.run(counting)
      if ((await workspace.rows())[0]?.['sum'] === sum) abort.abort()
    },
  })
  return troubles
}

test('a follower catches up with what comes in, from whomever and whenever', async () => {
  const other = await workspace.openEventStore()
  await workspace.append(count('a', 1))
  const { newEvent } = await import('./workspace.ts')
  await followUntil(7, async (round) => {
    // the first comes while a run is at it, the second is waited for
    if (round === 1) await other.append([newEvent(count('a', 2))])
    if (round === 2) setImmediate(() => void other.append([newEvent(count('a', 4))]))
  })
  expect(await workspace.rows()).toMatchObject([{ sum: 7 }])
})

test('a store that is away is tried again, another failure ends it', async () => {
  await workspace.append(count('a', 1))
  const fail = (exitCode: 1 | 5): never => {
    throw new DemetraError('away', {
      code: 'DEMETRA_TEST',
      exitCode: exitCode === 5 ? EXIT.temporary : EXIT.failed,
    })
  }
  const troubles = await followUntil(1, async (round) => {
    if (round === 1) fail(5)
  })
  expect(troubles).toEqual(['DEMETRA_TEST'])
  await expect(followUntil(1, async () => fail(1))).rejects.toMatchObject({ exitCode: 1 })
})
