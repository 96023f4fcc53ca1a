import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { describeWithPostgres, startPostgres } from '../servers/postgres.ts'

/** Where reports can be, for tests that hold for all of them. */
export interface ReportStoreServer {
  /** The URL of a fresh, empty database. */
  create(): Promise<string>
  stop(): Promise<void>
}

export interface ReportStoreKind {
  name: string
  /** A suite that is left out where there is no such server. */
  describe: (name: string, body: () => void) => unknown
  start(): Promise<ReportStoreServer>
}

export const REPORT_STORES: readonly ReportStoreKind[] = [
  { name: 'SQLite', describe, start: startSqlite },
  { name: 'PostgreSQL', describe: describeWithPostgres, start: startPostgresServer },
  { name: 'MongoDB, a replica set', describe: describeWithMongod, start: startMongoReplicaSet },
  { name: 'MongoDB, a standalone server', describe: describeWithMongod, start: startMongoServer },
]

async function startSqlite(): Promise<ReportStoreServer> {
  const folder = await mkdtemp(join(tmpdir(), 'demetra-reports-'))
  let databases = 0
  return {
    create: async () => `sqlite:${join(folder, `reports-${(databases += 1)}.db`)}`,
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}

async function startPostgresServer(): Promise<ReportStoreServer> {
  const server = await startPostgres()
  return { create: () => server.createDatabase(), stop: () => server.stop() }
}

async function startMongoReplicaSet(): Promise<ReportStoreServer> {
  const set = await startReplicaSet({ members: 1 })
  return { create: freshNames((name) => set.url(name)), stop: () => set.stop() }
}

async function startMongoServer(): Promise<ReportStoreServer> {
  const server = await startMongod()
  return { create: freshNames((name) => server.url(name)), stop: () => server.stop() }
}

/** A database of MongoDB is there once something is in it. */
function freshNames(url: (database: string) => string): () => Promise<string> {
  let databases = 0
  return async () => url(`reports_${(databases += 1)}`)
}
