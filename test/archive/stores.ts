import { afterAll, beforeAll, describe, vi } from 'vitest'
import { describeWithMongod, startReplicaSet, type ReplicaSet } from '../servers/mongod.ts'
import {
  describeWithMinio,
  describeWithVersitygw,
  S3_ENVIRONMENT,
  startS3,
  type S3Kind,
  type S3Server,
} from '../servers/s3.ts'

/** An empty database and an empty archive; undefined: in the place's own folder. */
export interface Urls {
  store?: string
  archive?: string
}
type Create = () => Promise<Urls>

/** Suites that hold for every event store; the archive is a directory. */
export function forEachStore(what: string, body: (create: Create) => void): void {
  describe(`${what}: an event store in SQLite`, () => {
    body(async () => ({}))
  })
  describeWithMongod(`${what}: an event store in MongoDB`, () => {
    const store = mongoStores()
    body(async () => ({ store: store() }))
  })
}

const DESCRIBE = { versitygw: describeWithVersitygw, minio: describeWithMinio }

/** The same with an archive in S3. */
export function forEachStoreWithS3(
  what: string,
  body: (create: Create) => void,
  kind: S3Kind = 'versitygw',
): void {
  DESCRIBE[kind](`${what}: SQLite, and an archive in S3, ${kind}`, () => {
    const archive = s3Archives(kind)
    body(async () => ({ archive: await archive() }))
  })
  DESCRIBE[kind](`${what}: an archive in S3, ${kind}`, () => {
    const archive = s3Archives(kind)
    describeWithMongod('and an event store in MongoDB', () => {
      const store = mongoStores()
      body(async () => ({ store: store(), archive: await archive() }))
    })
  })
}

function mongoStores(): () => string {
  let set: ReplicaSet
  let databases = 0
  beforeAll(async () => {
    set = await startReplicaSet({ members: 1 })
  })
  afterAll(() => set?.stop())
  return () => set.url(`archive_${(databases += 1)}`)
}

function s3Archives(kind: S3Kind): () => Promise<string> {
  let server: S3Server
  beforeAll(async () => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
    server = await startS3(kind)
  })
  afterAll(async () => {
    await server?.stop()
    vi.unstubAllEnvs()
  })
  return async () => server.url(await server.createBucket(), 'the/archive')
}
