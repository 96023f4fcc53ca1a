import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../../src/client.ts'

/** A producer that goes on for ever: numbered events of its aggregates, each one's next when the last is safe. */
export interface ProducerTask {
  url: string
  token: string
  spool: string
  timeoutMs: number
  /** The number that comes next, by aggregate. */
  next: Record<string, number>
}

const { next, ...options } = JSON.parse(process.argv[2] ?? '') as ProducerTask
const client = createClient(options)
let slowestMs = 0

async function produce(aggregate: string, first: number): Promise<void> {
  for (let n = first; ; n += 1) {
    // a producer that was killed sends again what it does not know to be safe: the same event
    const id = `00000000-0000-4000-8000-${Buffer.from(aggregate).toString('hex')}${n.toString(16).padStart(8, '0')}`
    const created_at = new Date(Date.UTC(2026, 0, 1) + n)
    const meta = { service: 'shop', type: 'stepped', created_at, aggregate_id: aggregate }
    const startedAt = performance.now()
    const { outcome } = await client.send({ id, meta, payload: { n } })
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    process.stdout.write(`${JSON.stringify({ aggregate, n, outcome, slowestMs })}\n`)
    // else an aggregate that was spooled once would never leave the spool
    await delay(Math.random() * 40)
  }
}

await Promise.all(Object.entries(next).map(([aggregate, first]) => produce(aggregate, first)))
