import { afterAll, beforeAll, describe } from 'vitest'
import { describeWithMongod } from './describe-with-mongod.ts'
import { startReplicaSet } from './replica-set.ts'
import { startMongod } from './start-mongod.ts'

/** A suite once on a server alone, and once on a replica set; `url` names a database there, once its tests run. */
export function describeOnEachMongodb(
  name: string,
  suite: (url: (database: string) => string) => void,
): void {
  describeWithMongod(name, () => {
    describe.each([
      ['a standalone server', startMongod],
      ['a replica set', startReplicaSet],
    ])('%s', (_topology, start) => {
      let server: Awaited<ReturnType<typeof start>>
      beforeAll(async () => {
        server = await start()
      })
      // the suite's own come first
      afterAll(() => server.stop())
      suite((database) => server.url(database))
    })
  })
}
