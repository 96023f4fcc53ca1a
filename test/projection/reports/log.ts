import type { TestEvent } from '../workspace.ts'
import {
  completed,
  ended,
  erased,
  landed,
  paid,
  refunded,
  registered,
  released,
  returned,
  started,
  tested,
  treated,
} from './events.ts'

/** What happened, and when it is heard of. */
interface Told {
  event: TestEvent
  heardAt: number
}

const START = Date.UTC(2016, 1, 25)
const MINUTE = 60_000
const DAYS = 9
const COUNTRIES = ['IT', 'DE', 'NL', 'Ελλάδα']
const OPERATORS = ['Orange', 'T-Mobile', '[o]="ne"']
const SERVICES = ['games', 'music', "o'clock"]
const PLANS = ['weekly', 'monthly', 'gift', '無料']

/** The same log for the same seed: stories that run beside each other, heard of out of order. */
export function makeLog(seed: number, stories: number): TestEvent[] {
  const random = mulberry32(seed)
  const whole = (below: number): number => Math.floor(random() * below)
  const oneOf = <Item>(items: readonly Item[]): Item => items[whole(items.length)] as Item
  const told: Told[] = []
  /** Most are heard of at once, some late, few very late, so that several stand before what caused them. */
  const tell = (make: (at: { created_at: string; id: string }) => TestEvent, time: number): void => {
    const late = random() < 0.6 ? whole(2) : random() < 0.8 ? whole(600) : whole(6000)
    const id = `00000000-0000-4000-8000-${String(told.length).padStart(12, '0')}`
    const event = make({ created_at: new Date(time).toISOString(), id })
    told.push({ event, heardAt: time + late * MINUTE })
  }
  const amount = (): string => `${whole(100)}.${String(whole(10_000)).padStart(4, '0')}`
  const moment = (): number => START + whole(DAYS * 1440 * 60) * 1000
  for (let n = 0; n < stories; n += 1) {
    const at = moment()
    const customer = `customer/${whole(stories / 8)}`
    const country = oneOf(COUNTRIES)
    const purchase = { aggregate_id: `purchase/${n}` }
    tell((t) => landed({ ...t, ...purchase, payload: { customer, country } }), at)
    if (random() < 0.7) {
      const payload = { customer, amount: `${amount()}/${oneOf(['EUR', 'PLN'])}` }
      tell((t) => completed({ ...t, ...purchase, payload }), at + whole(90) * MINUTE)
    }
    if (random() < 0.08) tell((t) => erased({ ...t, aggregate_id: customer, payload: {} }), at + MINUTE)
    if (random() < 0.05)
      tell((t) => returned({ ...t, aggregate_id: customer, payload: {} }), at + 900 * MINUTE)

    const subscription = `subscription/${n}`
    const service = oneOf(SERVICES)
    for (let i = whole(4); i > 0; i -= 1) {
      const payment = `payment/${n}-${i}`
      const payload = { country, operator: oneOf(OPERATORS), amount: amount() }
      // one in ten belongs to nothing
      const of = random() < 0.9 ? { correlation_id: subscription } : {}
      const paidAt = at + i * 50 * MINUTE
      tell((t) => paid({ ...t, ...of, aggregate_id: payment, payload }), paidAt)
      for (let refunds = whole(3) - 1; refunds > 0; refunds -= 1) {
        tell((t) => refunded({ ...t, aggregate_id: payment, payload: { amount: '1.05' } }), paidAt + MINUTE)
      }
    }
    if (random() < 0.6) {
      const of = { aggregate_id: subscription, correlation_id: subscription }
      const payload = { service, plan: oneOf(PLANS) }
      tell((t) => started({ ...t, ...of, payload }), at + 400 * MINUTE)
      if (random() < 0.5) tell((t) => ended({ ...t, ...of, payload: { service } }), at + whole(4000) * MINUTE)
    }
    if (n % 3 === 0) {
      const aggregate_id = `case/${n}`
      const age = random() < 0.5 ? { age: whole(90) } : {}
      if (random() < 0.9) tell((t) => registered({ ...t, aggregate_id, payload: age }), at)
      for (let i = whole(4); i > 0; i -= 1) {
        tell((t) => tested({ ...t, aggregate_id, payload: {} }), at + whole(500) * MINUTE)
      }
      for (let i = whole(3); i > 0; i -= 1) {
        tell((t) => treated({ ...t, aggregate_id, payload: {} }), at + whole(500) * MINUTE)
      }
      if (random() < 0.8) tell((t) => released({ ...t, aggregate_id, payload: {} }), at + 600 * MINUTE)
    }
  }
  return told.toSorted((a, b) => a.heardAt - b.heardAt).map(({ event }) => event)
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
