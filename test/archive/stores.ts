import { afterAll, beforeAll, describe } from 'vitest'
import { describeWithMongod, startReplicaSet, type ReplicaSet } from '../servers/mongod.ts'

/** Creates an empty database and tells its URL; undefined: a file in the place's own folder. */
type Create = () => Promise<string | undefined>

/** Suites that hold for every event store. */
export function forEachStore(what: string, body: (create: Create) => void): void {
  describe(`${what}: an event store in SQLite`, () => {
    body(async () => undefined)
  })
  describeWithMongod(`${what}: an event store in MongoDB`, () => {
    let set: ReplicaSet
    let databases = 0
    beforeAll(async () => {
      set = await startReplicaSet({ members: 1 })
    })
    afterAll(() => set?.stop())
    body(async () => set.url(`archive_${(databases += 1)}`))
  })
}
