import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FindCursor, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demetra, ROOT } from '../cli/demetra.ts'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'
import { mongosh } from './mongosh.ts'

const GUIDE = readFileSync(join(ROOT, 'docs', 'mongodb.md'), 'utf8')
const [administration = '', queries = ''] = [...GUIDE.matchAll(/```js\n(.*?)```/gsu)].map(
  ([, code = '']) => code,
)

describeWithMongod('what the guide to MongoDB has people type into mongosh', () => {
  let server: Mongod
  let client: MongoClient
  beforeAll(async () => {
    server = await startMongod()
    client = await MongoClient.connect(server.url('demetra'))
    const dump = join(ROOT, 'templates', 'init', 'dumps', 'purchases.ndjson')
    expect(await demetra(['import', dump, '--store', server.url('demetra')])).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  it('makes the users', async () => {
    for (const made of mongosh(administration, client)) expect(await made).toMatchObject({ ok: 1 })
    const { users } = await client.db('admin').command({ usersInfo: 1 })
    expect((users as { user: string }[]).map(({ user }) => user)).toEqual(['analyst', 'demetra'])
  })

  it('finds events, by an index', async () => {
    const cursors = mongosh(queries, client)
    expect(cursors).toHaveLength(5)
    for (const cursor of cursors) {
      if (!(cursor instanceof FindCursor)) throw new Error('not a query')
      const { queryPlanner } = await cursor.clone().explain()
      expect(JSON.stringify((queryPlanner as { winningPlan: object }).winningPlan)).toMatch(
        /"(?:IXSCAN|IDHACK)"/u,
      )
      expect(JSON.stringify(queryPlanner)).not.toMatch(/"stage":"(?:COLLSCAN|SORT)"/u)
      expect(await cursor.toArray()).not.toEqual([])
    }
  })

  it('shows an event as the server keeps it', async () => {
    const found = await client.db().collection('events').findOne({ 'payload.product': 'gift' })
    const [, sample = ''] = /```json\n(.*?)```/su.exec(GUIDE) ?? []
    const names = [...sample.matchAll(/"(\w+)":/gu)].map(([, name]) => name)
    const { meta, payload } = found as unknown as Record<'meta' | 'payload', object>
    expect(names.toSorted()).toEqual(
      [...Object.keys(found ?? {}), ...Object.keys(meta), ...Object.keys(payload)].toSorted(),
    )
  })
})
