import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Client, type ClientOptions, type Clock } from '../../src/client.ts'
import { deliver, type DeliverOptions, type DeliverResult } from '../../src/client/deliver/deliver.ts'
import type { ClientEvent } from '../../src/client/event-text.ts'
import { systemClock } from '../../src/client/clock.ts'
import { TOKEN, type Receiver } from './receiver.ts'

/** Of a request; where one is to stay without an answer, a test gives less. */
const TIMEOUT_MS = 60_000

export function event(aggregate: string, n: number, more: Partial<ClientEvent> = {}): ClientEvent {
  return { meta: { service: 'shop', type: 'stepped', aggregate_id: aggregate }, payload: { n }, ...more }
}

export function client(spool: string, { url }: { url: string }, more: Partial<ClientOptions> = {}): Client {
  return createClient({ url, token: TOKEN, spool, timeoutMs: TIMEOUT_MS, ...more })
}

/** Waits of `deliver` take no time; requests do. */
export class FakeClock implements Clock {
  nowMs = Date.now()
  readonly pauses: number[] = []
  now(): number {
    return this.nowMs
  }
  async pause(timeMs: number): Promise<void> {
    this.pauses.push(timeMs)
    this.nowMs += timeMs
    await new Promise((resolve) => setImmediate(resolve))
  }
  timeout(timeMs: number): AbortSignal {
    return systemClock.timeout(timeMs)
  }
}

export function drain(
  folder: string,
  { url }: Pick<Receiver, 'url'>,
  more: Partial<DeliverOptions> = {},
): Promise<DeliverResult> {
  const signal = new AbortController().signal
  return deliver({
    folder,
    url,
    token: TOKEN,
    signal,
    clock: new FakeClock(),
    timeoutMs: TIMEOUT_MS,
    ...more,
  })
}

/** Files of a spool, but for those that are always there. */
export function spoolFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => /\.(?:spool|done)$/.test(name))
}

export interface RefusedLine {
  status: number
  reason: string
  event?: { id: string; payload: { n: number } }
  raw?: string
}

export function refusedIn(folder: string): RefusedLine[] {
  const lines = readFileSync(join(folder, 'refused.ndjson'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as RefusedLine)
}
