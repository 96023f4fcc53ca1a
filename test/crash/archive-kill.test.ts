import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARCHIVE_LEASE } from '../../src/event-store/catalogue.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { Place } from '../archive/place.ts'
import { forEachStore, forEachStoreWithS3, type Urls } from '../archive/stores.ts'
import { until } from '../servers/poll.ts'
import { runArchive, type ArchiveEnd, type ArchiveTask } from './archive/archive-run.ts'
import { LogReader } from './archive/log-reader.ts'
import { Sender } from './archive/sender.ts'

/**
 * For a long soak, in MinIO too: `DEMETRA_FAULT_ROUNDS=12 npx vitest run test/crash/archive-kill.test.ts`. Rounds take the
 * longer the more there were: rather more runs than more rounds.
 */
const ROUNDS = Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? 3)
const IS_SOAK = ROUNDS > 10
/** Events that are new in each round: some three segments. */
const EVENTS = 60
const TARGET_TEXT_BYTES = 6000
/** About what such a run needs. */
const CALLS = 35

const SIDES = ['before', 'on-its-way', 'after'] as const

forEachStore('an archive run', killTests)
forEachStoreWithS3('an archive run', killTests)
if (IS_SOAK) forEachStoreWithS3('an archive run', killTests, 'minio')

function killTests(create: () => Promise<Urls>): void {
  let place: Place
  let sender: Sender
  let reader: LogReader
  const kills = new Map<string, number>()
  beforeAll(async () => {
    place = await Place.open(await create())
    sender = new Sender(await place.openStore())
    reader = new LogReader(await place.openStore(), place.objects, sender)
  })
  afterAll(async () => {
    if (IS_SOAK) {
      const told = [...kills].map(([when, times]) => `, ${times} kills ${when}`).join('')
      process.stderr.write(
        `${place.storeUrl}, ${place.archiveUrl}${told}; the log was read ${reader.reads} times\n`,
      )
    }
    await place.close()
  })

  const below = (end: number): number => Math.floor(Math.random() * end)

  function taskOf(haltAt: number, more: Partial<ArchiveTask> = {}): ArchiveTask {
    const { storeUrl: store, archiveUrl: archive } = place
    const side = SIDES[below(SIDES.length)]!
    const how = { targetTextBytes: TARGET_TEXT_BYTES, signal: 'SIGKILL' as const, haltAt, side }
    return { what: 'archive', store, archive, ...how, ...more }
  }

  /** While old and new events are sent, and the log is read. */
  async function beside<Result>(work: Promise<Result>): Promise<Result> {
    return sender.beside(reader.beside(work))
  }

  function count({ isKilled }: ArchiveEnd, when: string): void {
    if (isKilled) kills.set(when, (kills.get(when) ?? 0) + 1)
  }

  async function expectWhole(what: string): Promise<void> {
    const { store, objects } = place
    const { damages } = await verifyArchive({ store, objects, deep: true })
    expect(damages, what).toEqual([])
    expect(await place.log(), what).toEqual(sender.lines())
    expect(await reader.read(), what).toEqual(sender.lines())
    expect([...sender.faults, ...reader.faults], what).toEqual([])
  }

  test(`that is killed at any call is finished by the next one, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS || !kills.has('at a call'); round += 1) {
      await sender.sendNew(EVENTS)
      const done: string[] = []
      for (let i = 0; i <= round % 2; i += 1) {
        const task = taskOf(1 + below(CALLS), { what: whatIn(round, i) })
        count(await beside(runArchive(task)), 'at a call')
        done.push(`${task.what} ${task.side} call ${task.haltAt}`)
      }
      await beside(place.archive())
      await place.archive()
      await expectWhole(`round ${round}, killed ${done.join(', and ')}`)
    }
  })

  test(`that is killed at any moment is finished by the next one, ${ROUNDS} times`, async () => {
    await sender.sendNew(EVENTS)
    const timeMs = await timeOf((onReady) => beside(runArchive(taskOf(0), onReady)))
    // a run that is quicker than the one measured may be over before
    for (let round = 0; round < ROUNDS || !kills.has('at a moment'); round += 1) {
      await sender.sendNew(EVENTS)
      const done: string[] = []
      for (let i = 0; i <= round % 2; i += 1) {
        const [task, afterMs] = [taskOf(0, { what: whatIn(round, i) }), Math.random() * timeMs]
        const kill = (child: ChildProcess): unknown => setTimeout(() => child.kill('SIGKILL'), afterMs)
        count(await beside(runArchive(task, kill)), 'at a moment')
        done.push(`${task.what} after ${Math.round(afterMs)} ms`)
      }
      await place.archive()
      await expectWhole(`round ${round}, killed ${done.join(', and ')}`)
    }
  })

  test('that stood still while another one took over changes nothing when it wakes up', async () => {
    const stops = Array.from({ length: Math.ceil(ROUNDS / 2) }, (_, i) => 3 + ((i * 7) % CALLS))
    let fenced = 0
    for (const haltAt of stops) {
      await sender.sendNew(EVENTS)
      let child: ChildProcess | null = null
      const task = taskOf(haltAt, { signal: 'SIGSTOP', side: 'before' })
      const running = runArchive(task, (started) => (child = started))
      await Promise.race([running, until('it stands still', () => stands(child))])
      await takeAway(place)
      await place.archive()
      const states = await place.states()
      child!.kill('SIGCONT')
      const { error } = await running
      expect([null, 'DEMETRA_ARCHIVE_FENCED', 'DEMETRA_LOCKED']).toContain(error)
      if (error === 'DEMETRA_ARCHIVE_FENCED') fenced += 1
      expect(await place.states()).toEqual(states)
      await place.archive()
      await expectWhole(`stopped before call ${haltAt}`)
    }
    expect(fenced).toBeGreaterThan(0)
  })
}

/** The first run of every third round brings back what was archived. */
function whatIn(round: number, run: number): ArchiveTask['what'] {
  return round % 3 === 2 && run === 0 ? 'restore' : 'archive'
}

/** How long it takes from `onReady` on, in milliseconds. */
async function timeOf(work: (onReady: () => void) => Promise<unknown>): Promise<number> {
  let startedAt = NaN
  await work(() => (startedAt = performance.now()))
  return performance.now() - startedAt
}

/** Whether it was stopped by a signal, as Linux tells. */
function stands(child: ChildProcess | null): boolean {
  if (child?.pid === undefined) return false
  return /^State:\tT/mu.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
}

/** As if its lease had run out. */
async function takeAway({ store: { leases } }: Place): Promise<void> {
  const grant = await leases.acquire(ARCHIVE_LEASE, 'the test', 60_000, () => true)
  if (grant.granted) await leases.release(ARCHIVE_LEASE, grant.token)
}
