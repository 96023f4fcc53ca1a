import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { ingestSuite } from './ingest.ts'

describeWithMongod('on MongoDB', () => {
  describe.each([
    ['a standalone server', startMongod],
    ['a replica set', startReplicaSet],
  ])('%s', (_, start) => {
    let server: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server.stop())
    ingestSuite(() => server.url(`d${randomUUID()}`), 10)
  })
})
