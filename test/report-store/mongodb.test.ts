import { afterAll, beforeAll, describe } from 'vitest'
import { reportStoreContract } from '../contracts/report-store.contract.ts'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
} from '../servers/mongod.ts'
import { mongoReports } from './mongo-reports.ts'

describeWithMongod('the report store in MongoDB', () => {
  describe('on a replica set', () => {
    let set: ReplicaSet
    beforeAll(async () => {
      set = await startReplicaSet({ members: 1 })
    })
    afterAll(() => set.stop())
    reportStoreContract('a replica set', { givenClock: false, create: mongoReports((name) => set.url(name)) })
  })

  describe('on a standalone server', () => {
    let server: Mongod
    beforeAll(async () => {
      server = await startMongod()
    })
    afterAll(() => server.stop())
    reportStoreContract('a standalone server', {
      givenClock: false,
      create: mongoReports((name) => server.url(name)),
    })
  })
})
