import { once } from 'node:events'
import { connect } from 'node:net'
import { MongoClient } from 'mongodb'
import { expect, it } from 'vitest'
import { describeWithMongod, startMongod, startTcpProxy } from './mongod.ts'
import { until } from './poll.ts'

describeWithMongod('a proxy', () => {
  it('holds what is sent, and delivers it when the client has gone', async () => {
    await using server = await startMongod()
    await using proxy = await startTcpProxy(server.port)
    await using direct = await MongoClient.connect(server.url('shop'))
    const orders = direct.db().collection('orders')

    const through = `mongodb://127.0.0.1:${proxy.port}/shop`
    const client = await MongoClient.connect(through, { socketTimeoutMS: 300, retryWrites: false })
    await client.db().collection('orders').insertOne({ n: 1 })
    proxy.hold()
    const lost = client
      .db()
      .collection('orders')
      .insertMany([{ n: 2 }, { n: 3 }])
    const gaveUp = expect(lost).rejects.toThrow('timed out')
    await until('bytes are held', () => proxy.heldBytes > 0)
    await gaveUp
    await client.close()
    expect(await orders.countDocuments()).toBe(1)
    proxy.release()
    await until('they arrive', async () => (await orders.countDocuments()) === 3)
    expect(proxy.heldBytes).toBe(0)
  })

  it('takes new connections while it holds, and answers them afterwards', async () => {
    await using server = await startMongod()
    await using proxy = await startTcpProxy(server.port)
    proxy.hold()
    const connecting = MongoClient.connect(`mongodb://127.0.0.1:${proxy.port}/shop`)
    await until('bytes are held', () => proxy.heldBytes > 0)
    proxy.release()
    await using client = await connecting
    expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 })
  })

  it('holds answers, and hands them out in the end', async () => {
    await using server = await startMongod()
    await using proxy = await startTcpProxy(server.port)
    await using direct = await MongoClient.connect(server.url('shop'))
    await using client = await MongoClient.connect(`mongodb://127.0.0.1:${proxy.port}/shop`)
    await client.db().command({ ping: 1 })
    proxy.holdReplies()
    const answer = client.db().collection('orders').insertOne({ n: 1 })
    await until('it is stored', async () => (await direct.db().collection('orders').countDocuments()) === 1)
    await until('its answer is held', () => proxy.heldReplyBytes > 0)
    proxy.releaseReplies()
    expect(await answer).toMatchObject({ acknowledged: true })
  })

  it('cuts connections; the next ones work', async () => {
    await using server = await startMongod()
    await using proxy = await startTcpProxy(server.port)
    await using client = await MongoClient.connect(`mongodb://127.0.0.1:${proxy.port}/shop`)
    const orders = client.db().collection('orders')
    await orders.insertOne({ filler: 'x'.repeat(10_000_000) })
    proxy.hold()
    const broken = expect(client.db().command({ ping: 1 })).rejects.toThrow(/closed|interrupted/)
    await until('bytes are held', () => proxy.heldBytes > 0)
    proxy.cut()
    proxy.release()
    await broken
    expect((await orders.findOne())?.['filler']).toHaveLength(10_000_000)
  })

  it('listens no more when it is stopped', async () => {
    await using server = await startMongod()
    const proxy = await startTcpProxy(server.port)
    await proxy.stop()
    await proxy.stop()
    await expect(once(connect(proxy.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  })
})
