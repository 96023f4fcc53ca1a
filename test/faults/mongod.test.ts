import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseJson, type Outcome } from '../cli/demetra.ts'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { chosen, randomOf, SEED, tell } from './chosen.ts'
import { purchases, resultOf, Scene } from './scene.ts'

/** Enough that a run is at them for a while. */
const EVENTS = purchases(600, 300)
const MOMENTS = 12
/** Where a server does not come back it is given up so soon. */
const SOON = 'serverSelectionTimeoutMS=1000'

interface Blow {
  signal: 'SIGTERM' | 'SIGKILL'
  /** Of the time that a run takes, from 0 to 1. */
  moment: number
  /** While the run waits for it; otherwise after the run has given up. */
  comesBack: boolean
}

const BLOWS: readonly Blow[] = Array.from({ length: MOMENTS }, (_, n) => n).flatMap((n) =>
  (['SIGTERM', 'SIGKILL'] as const).flatMap((signal) =>
    [true, false].map((comesBack) => {
      const moment = randomOf(`${SEED} ${signal} ${comesBack} ${n}`)()
      return { signal, comesBack, moment }
    }),
  ),
)

const ARCHIVE = 'archive'
const LINES = [ARCHIVE, 'restore --from 2016-01-01 --to 2016-05-01']

describeWithMongod('a mongod that goes while the archive is written', () => {
  const kinds = {
    'a server alone': async () => {
      const server = await startMongod({ auth: { username: 'ann', password: 's3cret' } })
      return { server, url: (name: string) => server.url(name), stop: () => server.stop() }
    },
    'a replica set': async () => {
      const set = await startReplicaSet()
      return { server: await set.primary(), url: (name: string) => set.url(name), stop: () => set.stop() }
    },
  }

  describe.each(Object.entries(kinds))('%s', (kind, start) => {
    let started: Awaited<ReturnType<typeof start>>
    let databases = 0
    beforeAll(async () => {
      started = await start()
    })
    afterAll(() => started?.stop())

    async function setUp(line: string): Promise<Scene> {
      const scene = new Scene({ store: started.url(`mongod_${(databases += 1)}`) }, EVENTS)
      await scene.fill()
      if (line !== ARCHIVE) await scene.archive()
      return scene
    }

    async function check(line: string, scene: Scene, outcome: Outcome): Promise<void> {
      expect(resultOf(outcome)).toMatchObject(line === ARCHIVE ? { stoppedBy: null } : { left: 0 })
      const { segments, liveEvents, orphans } = await scene.prove()
      expect({ archived: segments.events, liveEvents, orphans }).toEqual({
        archived: line === ARCHIVE ? EVENTS.length : 0,
        liveEvents: line === ARCHIVE ? 0 : EVENTS.length,
        orphans: line === ARCHIVE ? [] : (expect.any(Array) as unknown),
      })
    }

    async function timeOf(line: string): Promise<number> {
      const scene = await setUp(line)
      const startedAt = performance.now()
      const outcome = await scene.run(`${line} --json`)
      const timeMs = performance.now() - startedAt
      await check(line, scene, outcome)
      scene.close()
      return timeMs
    }

    async function strike(line: string, timeMs: number, blow: Blow): Promise<string> {
      const { server } = started
      const scene = await setUp(line)
      const store = blow.comesBack ? scene.storeUrl : withOption(scene.storeUrl, SOON)
      try {
        const running = scene.run(`${line} --json`, { store })
        await delay(blow.moment * timeMs)
        await (blow.signal === 'SIGTERM' ? server.shutDown() : server.kill())
        if (blow.comesBack) await server.restart()
        const outcome = await running
        if (!blow.comesBack) await server.restart()
        if (outcome.code === 0) {
          await check(line, scene, outcome)
          return 'done'
        }
        const { error } = parseJson(outcome)
        expect({ exit: outcome.code, code: error?.code }, outcome.stdout).toEqual({
          exit: 10,
          code: 'DEMETRA_STORE_UNREACHABLE',
        })
        expect(blow.comesBack, outcome.stdout).toBe(false)
        expect(error?.message).toMatch(/^The event store mongodb:\S+ cannot be reached: ./u)
        expect(error?.hints.join()).toMatch(/then run the same command again: it goes on where it stopped$/u)
        await check(line, scene, await scene.run(`${line} --json`))
        return 'exit 10, and then done'
      } finally {
        scene.close()
      }
    }

    test.each(chosen(kind, LINES))('%s goes on, or is finished by the next run', async (line) => {
      const failures: string[] = []
      const outcomes = new Map<string, number>()
      const timeMs = await timeOf(line)
      for (const blow of chosen(`${kind} ${line}`, BLOWS)) {
        const name = `${blow.signal}${blow.comesBack ? '' : ' for longer'}`
        try {
          const outcome = `${name}: ${await strike(line, timeMs, blow)}`
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        } catch (error) {
          const what = error instanceof Error ? error.message : String(error)
          failures.push(`${name} at ${Math.round(blow.moment * timeMs)} ms: ${what}`)
        }
      }
      tell(`${kind}, ${line}, ${Math.round(timeMs)} ms`, outcomes)
      expect(failures, `DEMETRA_FAULTS_SEED=${SEED}`).toEqual([])
    })
  })
})

function withOption(url: string, option: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${option}`
}
