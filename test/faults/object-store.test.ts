import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseJson } from '../cli/demetra.ts'
import { startHttpProxy, type HttpProxy } from '../servers/http-proxy.ts'
import { describeWithMongod, startReplicaSet, type ReplicaSet } from '../servers/mongod.ts'
import {
  describeWithMinio,
  describeWithVersitygw,
  S3_ENVIRONMENT,
  startS3,
  type S3Kind,
  type S3Server,
} from '../servers/s3.ts'
import { meetings, nameOf, type Meeting } from './object-store-faults.ts'
import { chosen, IS_WHOLE, SEED, tell } from './chosen.ts'
import { Scene } from './scene.ts'
import { STEPS, type Step } from './steps.ts'

/** Long enough for a busy machine, but for what never passes. */
const PATIENT = { stallMs: 500, deadlineMs: 60_000, firstPauseMs: 5 }
const HASTY = { stallMs: 150, deadlineMs: 500, noConnectionMs: 300, firstPauseMs: 5 }

type NewStore = () => string | undefined

describeWithVersitygw('faults of an archive in versitygw', () => {
  inSqlite('versitygw')
  if (IS_WHOLE) inMongo('versitygw')
})
describeWithMinio('faults of an archive in MinIO', () => {
  if (IS_WHOLE) inSqlite('minio')
  inMongo('minio')
})

function inSqlite(kind: S3Kind): void {
  describe('an event store in SQLite', () => {
    faultTests(kind, () => () => undefined)
  })
}

function inMongo(kind: S3Kind): void {
  describeWithMongod('an event store in MongoDB', () => {
    faultTests(kind, mongoStores)
  })
}

function mongoStores(): NewStore {
  let set: ReplicaSet
  let databases = 0
  beforeAll(async () => {
    set = await startReplicaSet()
  })
  afterAll(() => set?.stop())
  return () => set.url(`faults_${(databases += 1)}`)
}

function faultTests(kind: S3Kind, stores: () => NewStore): void {
  const newStore = stores()
  let server: S3Server
  let proxy: HttpProxy
  let bucket: string
  let prefixes = 0
  beforeAll(async () => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
    server = await startS3(kind)
    proxy = await startHttpProxy(server.port)
    bucket = await server.createBucket()
  })
  afterAll(async () => {
    await proxy?.stop()
    await server?.stop()
    vi.unstubAllEnvs()
  })

  /** A scene before the step, and how it is run: past the proxy, or through it. */
  async function setUp({ prepare, inNewStore }: Step): Promise<Stage> {
    prefixes += 1
    const prefix = `case-${prefixes}`
    const store = newStore()
    const scene = new Scene({ ...(store && { store }), archive: server.url(bucket, prefix) })
    await scene.fill()
    await prepare(scene)
    const used = inNewStore === true ? (newStore() ?? `sqlite:${scene.folder}/new.db`) : scene.storeUrl
    return { scene, store: used, proxied: server.url(bucket, prefix, proxy.port) }
  }

  for (const step of STEPS) {
    test(`${step.line}: after any fault, the same command again leaves all as it has to be`, async () => {
      const methods = await methodsOf(step)
      const shared = step.changes ? null : await setUp(step)
      const failures: string[] = []
      const outcomes = new Map<string, number>()
      for (const meeting of chosen(`${kind} ${step.line}`, meetings(methods))) {
        const stage = shared ?? (await setUp(step))
        try {
          const outcome = `${meeting.name}: ${await meet(step, stage, meeting)}`
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        } catch (error) {
          failures.push(`${nameOf(meeting)}: ${error instanceof Error ? error.message : String(error)}`)
        } finally {
          if (shared === null) stage.scene.close()
        }
      }
      shared?.scene.close()
      tell(`${kind}, ${methods.length} requests of ${step.line}`, outcomes)
      expect(failures, `DEMETRA_FAULTS_SEED=${SEED}`).toEqual([])
    })
  }

  /** Of the requests that the step makes. */
  async function methodsOf(step: Step): Promise<string[]> {
    const { scene, store, proxied } = await setUp(step)
    const before = proxy.seen.length
    const outcome = await scene.run(`${step.line} --json`, { archive: proxied, store, timing: PATIENT })
    await step.check(scene, outcome, store)
    scene.close()
    return proxy.seen.slice(before).map((request) => request.split(' ')[0] ?? '')
  }

  async function meet(step: Step, stage: Stage, { fault, method, nth, isLasting }: Meeting): Promise<string> {
    const { scene, store, proxied } = stage
    let met = 0
    proxy.meddle((of, _, now) => {
      if (now < nth || (method !== undefined && of !== method) || (met > 0 && !isLasting)) return undefined
      met += 1
      return fault
    })
    const hurt = { archive: proxied, store, timing: isLasting ? HASTY : PATIENT }
    const outcome = await scene.run(`${step.line} --json`, hurt)
    proxy.meddle(() => undefined)
    // on a busy machine a hasty run may have given up before it got so far
    if (!isLasting || (met === 0 && outcome.code === 0)) {
      await step.check(scene, outcome, store)
      return met === 0 ? 'not met' : 'got over'
    }
    const { status, error } = parseJson(outcome)
    expect({ exit: outcome.code, status, code: error?.code }, outcome.stdout).toEqual({
      exit: 10,
      status: 10,
      code: 'DEMETRA_ARCHIVE_UNREACHABLE',
    })
    expect(error?.message).toMatch(/^The object store s3:\/\/\S+ cannot be reached \(.+\)$/u)
    expect(error?.hints.join()).toMatch(/then run the same command again: it goes on where it stopped$/u)
    await step.afterFailure?.(scene)
    await step.check(scene, await scene.run(`${step.line} --json`, { store }), store)
    return met === 0 ? 'exit 10 before it was met, and then done' : 'exit 10, and then done'
  }
}

interface Stage {
  scene: Scene
  store: string
  proxied: string
}
