import type { Document, Timestamp } from 'mongodb'
import { hello, withDirectClient } from './direct-client.ts'
import type { Mongod } from './mongod-types.ts'
import { until } from './poll.ts'
import { startMongod } from './start-mongod.ts'

const NAME = 'rs0'
/** Longer than what one member waits for another. */
const PATIENCE_MS = 180_000
/** A new primary within some seconds, not within ten; and none only because the machine is busy. */
const QUICK = { electionTimeoutMillis: 5000, heartbeatIntervalMillis: 500 }

export interface ReplicaSetOptions {
  members?: 1 | 3
  /** For each mongod. */
  arguments?: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Of the set's configuration. */
  settings?: Document
}

export interface ReplicaSet extends AsyncDisposable {
  readonly members: readonly Mongod[]
  url(database: string): string
  /** Waits until there is one that can be written to. */
  primary(): Promise<Mongod>
  /**
   * The primary, once all others follow it. To be waited for before a member is made to stand still: one that turns to it
   * in that moment, as after a rollback, waits for its greeting without end, so that two of three are away.
   */
  whole(): Promise<Mongod>
  /** Resolves to the new primary; in a set of one that is the old one again. */
  stepDown(): Promise<Mongod>
  stop(): Promise<void>
}

export async function startReplicaSet(options: ReplicaSetOptions = {}): Promise<ReplicaSet> {
  const { members: count = 1, arguments: args = [], env = {} } = options
  const started = await Promise.allSettled(
    Array.from({ length: count }, () => startMongod({ replicaSet: NAME, arguments: args, env })),
  )
  const members = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const set = new RunningReplicaSet(members)
  try {
    for (const result of started) if (result.status === 'rejected') throw result.reason
    await initiate(members, { ...QUICK, ...options.settings })
    await set.whole()
    return set
  } catch (error) {
    await set.stop()
    throw error
  }
}

async function initiate(members: readonly Mongod[], settings: Document): Promise<void> {
  const [first] = members
  const hosts = members.map(({ port }, n) => ({ _id: n, host: `127.0.0.1:${port}` }))
  await withDirectClient(first?.port ?? 0, (client) =>
    client.db('admin').command({ replSetInitiate: { _id: NAME, members: hosts, settings } }),
  )
}

class RunningReplicaSet implements ReplicaSet {
  readonly members: readonly Mongod[]

  constructor(members: readonly Mongod[]) {
    this.members = members
  }

  url(database: string): string {
    const hosts = this.members.map(({ port }) => `127.0.0.1:${port}`)
    return `mongodb://${hosts.join(',')}/${database}?replicaSet=${NAME}`
  }

  primary(): Promise<Mongod> {
    return until('the set has a primary', async () => {
      const answers = await this.#ask()
      // one that stood still may not know yet that it has been replaced
      const claims = answers.filter(({ says }) => says?.['isWritablePrimary'] === true)
      return claims.toSorted((a, b) => electionOf(b.says).localeCompare(electionOf(a.says)))[0]?.member
    })
  }

  async whole(): Promise<Mongod> {
    let newest: OpTime | null = null
    await until(
      'all members follow the primary',
      async () => {
        newest ??= lastWriteOf(await hello((await this.primary()).port))
        const answers = await this.#ask()
        return answers.every(({ says }) => isMember(says) && isNoOlder(lastWriteOf(says), newest))
      },
      PATIENCE_MS,
    )
    return this.primary()
  }

  async stepDown(): Promise<Mongod> {
    const alone = this.members.length === 1
    // refused where nobody has caught up in time
    const old = await until(
      'the primary steps down',
      () => this.#stepDown(alone).catch(() => undefined),
      PATIENCE_MS,
    )
    return until('another is primary', async () => {
      const now = await this.primary()
      return alone || now !== old ? now : undefined
    })
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stepDown(alone: boolean): Promise<Mongod> {
    const old = await this.primary()
    await withDirectClient(old.port, (client) =>
      client.db('admin').command({
        replSetStepDown: alone ? 1 : 30,
        secondaryCatchUpPeriodSecs: alone ? 0 : 10,
        force: alone,
      }),
    )
    return old
  }

  #ask(): Promise<{ member: Mongod; says: Document | null }[]> {
    return Promise.all(this.members.map(async (member) => ({ member, says: await hello(member.port) })))
  }
}

function isMember(says: Document | null): boolean {
  return says?.['isWritablePrimary'] === true || says?.['secondary'] === true
}

interface OpTime {
  /** Of the election under which it was written. */
  t: number
  ts: Timestamp
}

/** null: it does not say. */
function lastWriteOf(says: Document | null): OpTime | null {
  return (says?.['lastWrite'] as { opTime: OpTime } | undefined)?.opTime ?? null
}

function isNoOlder(found: OpTime | null, wanted: OpTime | null): boolean {
  if (found === null || wanted === null) return false
  return found.t > wanted.t || (found.t === wanted.t && found.ts.greaterThanOrEqual(wanted.ts))
}

/** Later elections have larger ids. */
function electionOf(says: Document | null): string {
  return String(says?.['electionId'] ?? '')
}
