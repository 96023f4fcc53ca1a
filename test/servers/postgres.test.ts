import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { isListening } from './is-listening.ts'
import { until } from './poll.ts'
import { describeWithPostgres, startPostgres, withClient } from './postgres.ts'

describeWithPostgres('a PostgreSQL server of a test', () => {
  it('keeps what was written when it is killed and started again', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase()
    await withClient(url, (client) => client.query('CREATE TABLE orders AS SELECT 1 AS n'))
    const { pid } = server
    await server.kill()
    await server.kill()
    await server.restart()
    expect(server.pid).not.toBe(pid)
    const count = async () => withClient(url, async (client) => (await client.query('TABLE orders')).rowCount)
    expect(await count()).toBe(1)
    await server.restart()
    expect(await count()).toBe(1)
  })

  it('answers nothing while it is paused, and can be stopped', async () => {
    const server = await startPostgres()
    const client = new Client({ connectionString: server.url(), query_timeout: 200 })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('SELECT 1')
    await server.pause()
    await expect(client.query('SELECT 1')).rejects.toThrow(/timeout/u)
    await server.resume()
    await withClient(server.url(), (other) => other.query('SELECT 1'))
    await server.pause()
    await server.pause()
    await server.stop()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
    await client.end().catch(() => undefined)
  })

  it('lets in who knows the password', async () => {
    await using server = await startPostgres({ auth: { username: 'a:b', password: 'c@d/' } })
    await withClient(server.url(), (client) => client.query('SELECT 1'))
    const stranger = `postgres://a%3Ab:wrong@127.0.0.1:${server.port}/postgres`
    await expect(withClient(stranger, (client) => client.query('SELECT 1'))).rejects.toThrow(/password/u)
  })

  it('goes with the process that started it, even if that is killed while the server is paused', async () => {
    const script = `
      import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-postgres.ts'))}
      const server = await startPostgres()
      await server.pause()
      console.log(server.port)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const port = Number(printed.toString())
    expect(await isListening(port)).toBe(true)
    child.kill('SIGKILL')
    await until('PostgreSQL is gone', async () => !(await isListening(port)))
  })

  it('says what its log says when it does not start', async () => {
    await expect(startPostgres({ arguments: ['-c', 'no_such_setting=1'] })).rejects.toThrow(
      /no_such_setting/u,
    )
  })
})
