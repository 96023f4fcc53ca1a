import { afterAll, beforeAll, describe } from 'vitest'
import { eventStoreContract } from '../contracts/event-store.contract.ts'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
} from '../servers/mongod.ts'
import { mongoDatabases } from './mongo-database.ts'

const CAPABILITIES = { ordersAppends: false, appendsInFlight: 4, atomicProgress: false }

describeWithMongod('MongoDB', () => {
  describe('on a standalone server', () => {
    let server: Mongod
    beforeAll(async () => {
      server = await startMongod()
    })
    afterAll(() => server.stop())
    eventStoreContract('a standalone server', {
      capabilities: CAPABILITIES,
      create: mongoDatabases((name) => server.url(name)),
    })
  })

  describe('on a replica set', () => {
    let set: ReplicaSet
    beforeAll(async () => {
      set = await startReplicaSet({ members: 1 })
    })
    afterAll(() => set.stop())
    eventStoreContract('a replica set', {
      capabilities: CAPABILITIES,
      create: mongoDatabases((name) => set.url(name)),
    })
  })
})
