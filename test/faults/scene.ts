import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { archiveEvents } from '../../src/archive/archive.ts'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { NewEvent, StoredEvent } from '../../src/event/event.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import { positionAt } from '../../src/event/position.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import type { ObjectStore } from '../../src/object-store/object-store.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import type { Proof } from '../../src/verify/proof.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { demetra, parseJson, ROOT, type Outcome } from '../cli/demetra.ts'
import { S3_ENVIRONMENT } from '../servers/s3.ts'

const HASTY = join(import.meta.dirname, 'hasty.ts')
const MONTHS = 3
const EVENTS_A_MONTH = 40
export const EVENTS = MONTHS * EVENTS_A_MONTH
/** Of users and servers in these tests. */
export const SECRETS = [S3_ENVIRONMENT['AWS_SECRET_ACCESS_KEY'] ?? '', 's3cret']

const PURCHASES = purchases()

/** An event store, an archive, and a folder with projections from which commands are run. */
export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'demetra-faults-'))
  readonly storeUrl: string
  readonly archiveUrl: string
  readonly events: readonly NewEvent[]

  constructor(
    { store, archive }: { store?: string; archive?: string },
    events: readonly NewEvent[] = PURCHASES,
  ) {
    cpSync(join(ROOT, 'templates', 'init'), this.folder, { recursive: true })
    rmSync(join(this.folder, 'demetra.config.ts'))
    this.storeUrl = store ?? `sqlite:${join(this.folder, 'demetra.db')}`
    this.archiveUrl = archive ?? `file:${join(this.folder, 'archive')}`
    this.events = events
  }

  /** Three segments' worth of events in the store. */
  async fill(): Promise<void> {
    await this.with(({ store }) => store.append(this.events))
  }

  async archive(): Promise<void> {
    await this.with(({ store, objects }) => archiveEvents({ store, objects, beforeMs: Date.now() }))
  }

  /** `timing`: of S3; left out: Demetra as it is built. */
  async run(
    line: string,
    { archive = this.archiveUrl, store = this.storeUrl, timing }: RunOptions = {},
  ): Promise<Outcome> {
    const env = {
      ...S3_ENVIRONMENT,
      DEMETRA_STORE: store,
      DEMETRA_ARCHIVE: archive,
      ...(timing && { DEMETRA_S3_TIMING: JSON.stringify(timing) }),
    }
    const options = { cwd: this.folder, env, ...(timing && { script: HASTY }) }
    const outcome = await demetra(line.split(' '), options)
    for (const secret of SECRETS) expect(outcome.stdout + outcome.stderr).not.toContain(secret)
    return outcome
  }

  /** Each event is there once, as it was sent, and nothing is unfinished. */
  async prove(store = this.storeUrl): Promise<Proof> {
    return this.with(async (opened) => {
      const proof = await verifyArchive({ ...opened, deep: true })
      expect(proof.damages).toEqual([])
      const lines: string[] = []
      const log = new EventLog(opened.store, () => Promise.resolve(opened.objects))
      for await (const batch of log.read())
        for (const event of batch) lines.push(formatEventLine(event, true))
      expect(lines.length).toBe(this.events.length)
      expect(lines).toEqual(linesOf(this.events))
      return proof
    }, store)
  }

  async with<Result>(
    use: (opened: { store: EventStore; objects: ObjectStore }) => Promise<Result>,
    url = this.storeUrl,
  ): Promise<Result> {
    const [store, objects] = [await openEventStore(url), await openObjectStore(this.archiveUrl)]
    try {
      return await use({ store, objects })
    } finally {
      await store.close()
      await objects.close()
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface RunOptions {
  archive?: string
  store?: string
  timing?: object
}

/** The result of a command that went well. */
export function resultOf(outcome: Outcome): Record<string, unknown> {
  expect(outcome, outcome.stdout).toMatchObject({ code: 0, stderr: '' })
  return parseJson(outcome).result ?? {}
}

/** Purchases of three months, backfilled; those of a month make an object of some 120 KB. */
export function purchases(perMonth = EVENTS_A_MONTH, payloadBytes = 3000): NewEvent[] {
  return Array.from({ length: MONTHS * perMonth }, (_, n) => {
    const createdAt = Date.UTC(2016, Math.floor(n / perMonth), 1) + (n % perMonth) * 1000
    const id = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
    const meta = {
      service: 'shop',
      type: 'purchase-landed',
      created_at: new Date(createdAt).toISOString(),
      aggregate_id: `purchase/${n}`,
    }
    const product = randomBytes(payloadBytes).toString('base64')
    const line = JSON.stringify({ id, meta, payload: { product, country: 'IT' } })
    const event = readEvent(line, { receivedAt: Date.UTC(2026, 0, 1) })
    return { ...event, position: positionAt(createdAt) + 1n }
  })
}

export function linesOf(events: readonly NewEvent[]): string[] {
  const stored = events.map((event): StoredEvent => ({ ...event, position: event.position as bigint }))
  return stored.toSorted(inLogOrder).map((event) => formatEventLine(event, true))
}
