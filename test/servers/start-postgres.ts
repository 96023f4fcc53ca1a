import { execFile } from 'node:child_process'
import { chown, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NOBODY, postgresHere } from './find-postgres.ts'
import { freePort } from './free-port.ts'
import type { Postgres, PostgresOptions } from './postgres-types.ts'
import { RunningPostgres } from './running-postgres.ts'

const run = promisify(execFile)

export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = await postgresHere()
  if (programs === null) {
    throw new Error('there is no PostgreSQL here; tests that need one use describeWithPostgres')
  }
  const folder = await mkdtemp(join(tmpdir(), 'demetra-postgres-'))
  const data = join(folder, 'data')
  await give(folder)
  await initialize(join(programs, 'initdb'), folder, data, options)
  for (;;) {
    const port = await freePort()
    const command = {
      program: join(programs, 'postgres'),
      arguments: argumentsOf(port, folder, data, options),
    }
    const server = new RunningPostgres(port, folder, command, options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.kill()
      // another process was quicker: the next port
      if (error instanceof Error && error.message.includes('Address already in use')) continue
      await server.stop()
      throw error
    }
  }
}

async function initialize(
  initdb: string,
  folder: string,
  data: string,
  { auth }: PostgresOptions,
): Promise<void> {
  const args = ['-D', data, '--locale=C', '-E', 'UTF8', '--no-sync', '-U', auth?.username ?? 'postgres']
  if (auth === undefined) args.push('--auth=trust')
  else {
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, auth.password)
    await give(passwordFile)
    args.push('--auth=scram-sha-256', `--pwfile=${passwordFile}`)
  }
  await run(initdb, args, { cwd: '/', ...NOBODY })
}

function argumentsOf(port: number, folder: string, data: string, options: PostgresOptions): string[] {
  return [
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder],
    // no test pulls the plug of the machine
    ['-c', 'fsync=off', '-c', 'max_connections=50'],
    options.arguments ?? [],
  ].flat()
}

async function give(path: string): Promise<void> {
  const { uid, gid } = NOBODY
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}
