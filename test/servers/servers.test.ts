import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { MongoClient, MongoServerError } from 'mongodb'
import { expect, it } from 'vitest'
import { hello } from './direct-client.ts'
import { describeWithMongod, startMongod, startReplicaSet } from './mongod.ts'
import { until } from './poll.ts'

describeWithMongod('a server alone', () => {
  it('keeps what was written when it is killed and started again', async () => {
    await using server = await startMongod()
    await using client = await MongoClient.connect(server.url('shop'))
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
    await using client = await MongoClient.connect(server.url('shop'))
    await using impatient = await MongoClient.connect(server.url('shop'), { socketTimeoutMS: 200 })
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
    await using client = await MongoClient.connect(server.url('shop'))
    await client.db().collection('orders').insertOne({ n: 1 })
    await using stranger = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}`)
    await expect(stranger.db('shop').collection('orders').countDocuments()).rejects.toThrow(MongoServerError)
  })

  it('goes with the process that started it, even if that is killed', async () => {
    const script = `
      import { startMongod } from ${JSON.stringify(join(import.meta.dirname, 'start-mongod.ts'))}
      const server = await startMongod()
      await server.pause()
      await server.resume()
      console.log(server.port)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const port = Number(printed.toString())
    expect(await hello(port)).not.toBeNull()
    child.kill('SIGKILL')
    await until('mongod is gone', async () => (await hello(port)) === null)
  })

  it('does not take another for itself', async () => {
    await using server = await startMongod()
    await expect(startMongod({ port: server.port })).rejects.toThrow('Address already in use')
  })

  it('says what its log says when it does not start', async () => {
    await expect(startMongod({ arguments: ['--no-such-option'] })).rejects.toThrow(/no-such-option/)
  })
})

describeWithMongod('a replica set of one', () => {
  it('takes transactions and says what it is after a restart', async () => {
    await using set = await startReplicaSet()
    await using client = await MongoClient.connect(set.url('shop'))
    await client.withSession((session) =>
      session.withTransaction(() => client.db().collection('orders').insertOne({ n: 1 }, { session })),
    )
    await set.members[0]?.restart()
    expect(await client.db().collection('orders').countDocuments()).toBe(1)
    const old = await set.stepDown()
    expect(old).toBe(set.members[0])
  })
})

describeWithMongod('a replica set of three', () => {
  it('elects another primary when one is killed, and again when that one steps down', async () => {
    await using set = await startReplicaSet({ members: 3 })
    await using client = await MongoClient.connect(set.url('shop'))
    const orders = client.db().collection<{ _id: number }>('orders')
    // on a busy machine a set may elect at any time
    const store = (_id: number, w: number | 'majority') =>
      until(`order ${_id} is stored`, () =>
        orders.replaceOne({ _id }, {}, { upsert: true, writeConcern: { w } }).catch(() => false as const),
      )
    await store(1, 3)
    const first = await set.primary()
    await first.kill()
    const second = await set.primary()
    expect(second).not.toBe(first)
    await store(2, 'majority')
    await first.restart()
    const third = await set.primary()
    expect(await set.stepDown()).not.toBe(third)
    expect(await orders.countDocuments()).toBe(2)
  })
})
