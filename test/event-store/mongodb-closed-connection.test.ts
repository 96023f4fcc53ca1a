import { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'

describeWithMongod('a connection that is closed while a command is made ready for it', () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(() => server?.stop())

  test('ends the call, and the next one takes another', async () => {
    const database = await Database.connect(server.url('closed'))
    const collection = database.collection('some')
    await collection.insertOne({ text: 'connected' })
    const write = Reflect.get(Socket.prototype, 'write') as (this: Socket, ...given: unknown[]) => boolean
    const closedBeneath = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (
      this: Socket,
      ...given: unknown[]
    ) {
      if (Buffer.from(given[0] as Uint8Array).includes('beneath')) this.destroy()
      return write.apply(this, given)
    })
    await expect(collection.insertOne({ text: 'closed beneath' })).rejects.toThrow(/closed/u)
    closedBeneath.mockRestore()
    await collection.insertOne({ text: 'goes on' })
    expect(await collection.distinct('text')).toEqual(['connected', 'goes on'])
    await database.close()
  })
})
