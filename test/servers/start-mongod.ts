import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mongodHere } from './find-mongod.ts'
import { freePort } from './free-port.ts'
import type { Mongod, MongodOptions } from './mongod-types.ts'
import { RunningMongod } from './running-mongod.ts'

export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const program = await mongodHere()
  if (program === null) throw new Error('there is no mongod here; tests that need one use describeWithMongod')
  const folder = await mkdtemp(join(tmpdir(), 'demetra-mongod-'))
  const dbPath = options.dbPath ?? join(folder, 'data')
  await mkdir(dbPath, { recursive: true })
  for (;;) {
    const port = options.port ?? (await freePort())
    const logPath = join(folder, `mongod-${port}.log`)
    const env = { ...process.env, ...options.env }
    const command = { program, arguments: argumentsOf(port, dbPath, options), env, logPath }
    const server = new RunningMongod(port, folder, command, options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.kill()
      // another process was quicker: the next port
      const taken = error instanceof Error && error.message.includes('Address already in use')
      if (taken && options.port === undefined) continue
      await server.stop()
      throw error
    }
  }
}

function argumentsOf(port: number, dbPath: string, options: MongodOptions): string[] {
  const given = options.arguments ?? []
  const isMember = options.replicaSet !== undefined
  const unlessGiven = (name: string, value: string) => (given.includes(name) ? [] : [name, value])
  return [
    ['--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--dbpath', dbPath],
    unlessGiven('--wiredTigerCacheSizeGB', '0.25'),
    ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    // told to end, it need not wait for clients to look elsewhere
    ['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
    isMember ? ['--replSet', options.replicaSet ?? '', ...unlessGiven('--oplogSize', '256')] : [],
    options.auth === undefined ? [] : ['--auth'],
    given,
  ].flat()
}
