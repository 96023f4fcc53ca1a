import { MongoClient, MongoServerError } from 'mongodb'
import { expect, it } from 'vitest'
import { describeWithMongod, startMongod, startReplicaSet } from './mongod.ts'

/** What is started in a test goes with it. */
async function connect(url: string, socketTimeoutMS = 0): Promise<MongoClient & AsyncDisposable> {
  return MongoClient.connect(url, { serverSelectionTimeoutMS: 20_000, socketTimeoutMS })
}

describeWithMongod('a server alone', () => {
  it('keeps what was written when it is killed and started again', async () => {
    await using server = await startMongod()
    await using client = await connect(server.url('shop'))
    await client
      .db()
      .collection('orders')
      .insertOne({ n: 1 }, { writeConcern: { w: 'majority', j: true } })
    const { pid } = server
    await server.kill()
    await server.kill()
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(await client.db('shop').collection('orders').countDocuments()).toBe(1)
    await server.restart()
    expect(await client.db('shop').collection('orders').countDocuments()).toBe(1)
  })

  it('answers nothing while it is paused', async () => {
    await using server = await startMongod()
    await using client = await connect(server.url('shop'))
    await using impatient = await connect(server.url('shop'), 200)
    await impatient.db().command({ ping: 1 })
    await server.pause()
    await expect(impatient.db().command({ ping: 1 })).rejects.toThrow(/timed out/i)
    await server.resume()
    expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 })
  })

  it('can be stopped while it is paused', async () => {
    const server = await startMongod()
    await server.pause()
    await server.pause()
    await server.stop()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })

  it('lets in who knows the password', async () => {
    await using server = await startMongod({ auth: { username: 'a:b', password: 'c@d/' } })
    await using client = await connect(server.url('shop'))
    await client.db().collection('orders').insertOne({ n: 1 })
    await using stranger = await connect(`mongodb://127.0.0.1:${server.port}`)
    await expect(stranger.db('shop').collection('orders').countDocuments()).rejects.toThrow(MongoServerError)
  })

  it('says what its log says when it does not start', async () => {
    await expect(startMongod({ arguments: ['--no-such-option'] })).rejects.toThrow(/no-such-option/)
  })
})

describeWithMongod('a replica set of one', () => {
  it('takes transactions and says what it is after a restart', async () => {
    await using set = await startReplicaSet()
    await using client = await connect(set.url('shop'))
    await client.withSession((session) =>
      session.withTransaction(() => client.db().collection('orders').insertOne({ n: 1 }, { session })),
    )
    await set.members[0]?.restart()
    expect(await client.db().collection('orders').countDocuments()).toBe(1)
    const old = await set.stepDown()
    expect(old).toBe(set.members[0])
  })
})
