import { MongoClient, type Timestamp } from 'mongodb'
import { expect, it } from 'vitest'
import { describeWithClock } from './describe-with-clock.ts'
import { startMongodWithClock, startReplicaSetWithClock } from './shifted-clock.ts'

const HOUR_S = 3600

describeWithClock('a clock that is stepped', () => {
  it('is what the server goes by, at once, forth and back, and after a restart', async () => {
    await using server = await startMongodWithClock()
    await using client = await MongoClient.connect(server.url('shop'))
    /** In whole minutes, which leaves room for a slow machine. */
    const offsetMinutes = async () => {
      const { localTime } = await client.db('admin').command({ hello: 1 })
      return Math.round(((localTime as Date).getTime() - Date.now()) / 60_000)
    }
    expect(Math.abs(await offsetMinutes())).toBe(0)
    await server.setClockOffset(HOUR_S)
    expect(await offsetMinutes()).toBe(60)
    await server.setClockOffset(-HOUR_S)
    expect(await offsetMinutes()).toBe(-60)
    await server.restart()
    expect(await offsetMinutes()).toBe(-60)
  })

  it('leaves alone how long the server waits', async () => {
    await using server = await startMongodWithClock()
    await using client = await MongoClient.connect(server.url('shop'))
    const orders = client.db().collection('orders')
    await orders.insertOne({})
    await server.setClockOffset(-HOUR_S)
    const endless = orders.findOne({ $where: 'while (true) {}' }, { maxTimeMS: 100 })
    await expect(endless).rejects.toMatchObject({ code: 50 })
  })

  it('steps for all members of a set', async () => {
    await using set = await startReplicaSetWithClock()
    await using client = await MongoClient.connect(set.url('shop'))
    const clusterTimeS = async () => {
      await client.db().collection('orders').insertOne({})
      const { operationTime } = await client.db('admin').command({ ping: 1 })
      return (operationTime as Timestamp).getHighBitsUnsigned()
    }
    const before = await clusterTimeS()
    await set.setClockOffset(HOUR_S)
    const after = await clusterTimeS()
    expect(after - before).toBeGreaterThanOrEqual(HOUR_S)
    // cluster time does not go back
    await set.setClockOffset(0)
    expect(await clusterTimeS()).toBeGreaterThanOrEqual(after)
  })
})
