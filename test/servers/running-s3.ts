import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { guard, type Guard } from './guard.ts'
import type { S3Options, S3Server } from './s3-types.ts'
import { ServerProcess } from './server-process.ts'

export const ACCESS_KEY = 'demetra'
export const SECRET_KEY = 'demetra-secret'

/** What AWS's own chain of credentials takes them from, and nothing else of the machine. */
export const S3_ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: ACCESS_KEY,
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
  AWS_REGION: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
}

class S3Process extends ServerProcess {
  async kill(): Promise<void> {
    if (!this.running) return
    this.signal('SIGKILL')
    await this.exited()
  }
}

export interface S3Command {
  program: string
  arguments: readonly string[]
  env: NodeJS.ProcessEnv
  /** Answers once it is ready. */
  healthPath: string
}

export class RunningS3 implements S3Server {
  readonly port: number
  readonly #folder: string
  readonly #command: S3Command
  readonly #region: string
  readonly #guard: Guard
  #process: S3Process | null = null

  constructor(port: number, folder: string, command: S3Command, { region = 'us-east-1' }: S3Options) {
    this.port = port
    this.#folder = folder
    this.#command = command
    this.#region = region
    this.#guard = guard(folder)
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  url(bucket: string, prefix = '', port = this.port): string {
    return `s3://${bucket}/${prefix}?endpoint=http://127.0.0.1:${port}&region=${this.#region}`
  }

  async createBucket(): Promise<string> {
    const name = `test-${randomBytes(6).toString('hex')}`
    await this.#withClient((client) => client.send(new CreateBucketCommand({ Bucket: name })))
    return name
  }

  async put(bucket: string, key: string, body: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body })
    await this.#withClient((client) => client.send(command))
  }

  async start(): Promise<void> {
    const { program, arguments: args, env, healthPath } = this.#command
    const started = new S3Process(program, args, {
      env,
      logPath: `${this.#folder}/${this.port}.log`,
      ready: /./u,
    })
    this.#process = started
    this.#guard.watch(started.pid)
    await started.answers(program, () => answers(`http://127.0.0.1:${this.port}${healthPath}`))
    // another server may have answered, at the same port
    if (!started.running)
      throw new Error(`Address already in use; its log ends with:\n${await started.logTail()}`)
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#guard.watch(null)
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.kill()
    this.#guard.dismiss()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #withClient<Answer>(use: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    const client = new S3Client({
      region: this.#region,
      endpoint: `http://127.0.0.1:${this.port}`,
      forcePathStyle: true,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    })
    try {
      return await use(client)
    } finally {
      client.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { headers: { connection: 'close' } })).ok
  } catch {
    return false
  }
}
