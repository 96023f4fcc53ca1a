import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { count, counting, noise } from './counting.ts'
import { Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const EVENTS = 1500
const BATCH = 7
/** About what a run needs for its start and ten batches. */
const STATEMENTS = 150

/** Every tenth event is none of the report's; five counters share the rest. */
async function fillLog(): Promise<void> {
  const events = Array.from({ length: EVENTS }, (_, i) => (i % 10 === 9 ? noise() : count(`c${i % 5}`, i)))
  await work.append(...events)
}

interface ChildEnd {
  /** null: killed. */
  result: { events: number; heldBy: string | null; statements: number } | null
  code: number | null
}

/** A run that is killed before its `killAt`-th SQL statement; 0: never. */
async function runChild(killAt: number): Promise<ChildEnd> {
  const args = [CHILD, work.eventStoreUrl, work.reportStoreUrl, String(BATCH), String(killAt)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = text(child.stdout)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const printed = await output
  return { code, result: printed === '' ? null : (JSON.parse(printed) as ChildEnd['result']) }
}

/** What a run that nobody disturbs makes of the same log. */
async function undisturbed(): Promise<Record<string, unknown>[]> {
  const reportStore = await work.openReportStore('undisturbed.db')
  await work.run(counting, { reportStore })
  return work.rows('report', reportStore)
}

describe('a run in a process that dies', () => {
  test('by signal 9 at random moments gives the same report in the end', async () => {
    await fillLog()
    // some die before they have the lease, some in a commit, most have a few behind them
    const moments = fc.sample(fc.integer({ min: 1, max: STATEMENTS }), 20)
    for (const killAt of moments) expect(await runChild(killAt)).toEqual({ code: null, result: null })
    expect((await work.reportStore.status('report'))?.checkpoint).not.toBeNull()
    const { result, code } = await runChild(0)
    expect({ code, heldBy: result?.heldBy }).toEqual({ code: 0, heldBy: null })
    expect(result?.events).toBeLessThan(EVENTS)
    expect(await work.rows()).toEqual(await undisturbed())
    expect(await work.reportStore.status('report')).toMatchObject({ stale: [], shown: 5, waiting: {} })
  })

  test('while another one runs: two processes at once give the same report', async () => {
    await fillLog()
    const ends = await Promise.all([runChild(0), runChild(0), runChild(0)])
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
    const wanted = EVENTS - EVENTS / 10
    expect(ends.reduce((sum, { result }) => sum + (result?.events ?? 0), 0)).toBe(wanted)
    expect(await work.rows()).toEqual(await undisturbed())
  })
})
