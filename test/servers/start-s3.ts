import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { s3Here, type S3Kind } from './find-s3.ts'
import { freePort } from './free-port.ts'
import { ACCESS_KEY, RunningS3, SECRET_KEY, type S3Command } from './running-s3.ts'
import type { S3Options, S3Server } from './s3-types.ts'

export async function startS3(kind: S3Kind, options: S3Options = {}): Promise<S3Server> {
  const program = await s3Here(kind)
  if (program === null) throw new Error(`there is no ${kind} here; tests that need one say so in their suite`)
  const folder = await mkdtemp(join(tmpdir(), `demetra-${kind}-`))
  const data = join(folder, 'data')
  await mkdir(data)
  for (;;) {
    const port = await freePort()
    const server = new RunningS3(port, folder, await COMMANDS[kind](program, port, data, options), options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.kill()
      // another process was quicker: the next port
      if (/already in use/iu.test((error as Error).message)) continue
      await server.stop()
      throw error
    }
  }
}

type MakeCommand = (program: string, port: number, data: string, options: S3Options) => Promise<S3Command>

const COMMANDS: Readonly<Record<S3Kind, MakeCommand>> = {
  versitygw: async (program, port, data, { region }) => ({
    program,
    arguments: [
      ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet'],
      region === undefined ? [] : ['--region', region],
      ['posix', data],
    ].flat(),
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    healthPath: '/health',
  }),
  minio: async (program, port, data, { region }) => ({
    program,
    arguments: [
      ['server', data, '--address', `127.0.0.1:${port}`],
      ['--console-address', `127.0.0.1:${await freePort()}`],
    ].flat(),
    env: {
      ...process.env,
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_BROWSER: 'off',
      ...(region === undefined ? {} : { MINIO_SITE_REGION: region }),
    },
    healthPath: '/minio/health/ready',
  }),
}
