/**
 * What must compile, and (under each `@ts-expect-error`) what must not. `tsc -p .` checks both: it complains of an
 * expected error that does not come. types.test.ts proves that the errors are real.
 */
import * as z from 'zod'
import { decimal, defineEvent, defineProjection } from '../../src/index.ts'
import { testProjection } from '../../src/testing.ts'

const landed = defineEvent({
  type: 'purchase-landed',
  payload: z.object({ country: z.string().optional() }),
  upcast: [(payload) => ({ country: 'IT', ...payload })],
})
const completed = defineEvent({
  type: 'purchase-completed',
  payload: z.object({ amount: z.string() }),
  service: 'shop',
})

/* ---- events ---- */
export const event = landed({ service: 'shop', aggregate_id: 'purchase/1', payload: {} })
export const type: 'purchase-landed' = event.meta.type
completed({ aggregate_id: 'purchase/1', created_at: new Date(), payload: { amount: '1' } })
// @ts-expect-error a definition without a service needs one in each call
landed({ aggregate_id: 'purchase/1', payload: {} })
// @ts-expect-error the payload's own type
completed({ aggregate_id: 'purchase/1', payload: { amount: 1 } })
// @ts-expect-error a misspelt field of the payload
completed({ aggregate_id: 'purchase/1', payload: { amount: '1', amont: '1' } })
// @ts-expect-error an aggregate is always told
completed({ payload: { amount: '1' } })

/* ---- projections ---- */
const at = (of: { meta: { aggregate_id: string } }): { purchase: string } => ({
  purchase: of.meta.aggregate_id,
})
const key = { purchase: z.string() }
const row = {
  landed_at: z.date(),
  completed_at: z.date().optional(),
  amount: decimal(4).optional(),
  visits: z.int().default(0),
  note: z.string().nullable().default(null),
}
const base = { version: 1, key, row, at }

export const funnel = defineProjection({
  ...base,
  events: [landed, completed],
  when: {
    'purchase-landed': (of, { meta, payload }) => {
      of.landed_at = meta.created_at
      of.visits += payload.country?.length ?? 0
      of.note = null
      const purchase: string = of.purchase
      return purchase === '' ? null : undefined
    },
    'purchase-completed': (of, { payload }) => {
      of.amount = payload.amount.split('/')[0]
      of.completed_at = undefined
    },
    '*': (of, { meta }) => {
      const known: 'purchase-landed' | 'purchase-completed' = meta.type
      of.note = known
    },
  },
  complete: (of) => of.landed_at.getTime() > 0 && of.completed_at !== undefined,
})
const [shown] = testProjection(funnel, [event]).rows
export const time: Date | undefined = shown?.landed_at

defineProjection({
  ...base,
  events: [landed, completed],
  when: {
    // @ts-expect-error a type that is not in `events`
    'purchase-landd': () => undefined,
  },
})
defineProjection({
  ...base,
  events: [completed],
  when: {
    'purchase-completed': (of, { payload, meta }) => {
      // @ts-expect-error a misspelt column
      of.amont = '1'
      // @ts-expect-error a misspelt field of the payload
      of.amount = payload.amont
      // @ts-expect-error a column of another type
      of.amount = 1
      // @ts-expect-error the key is read-only
      of.purchase = ''
      // @ts-expect-error a required column may not be set yet
      of.landed_at.getTime()
      // @ts-expect-error a counter is never unset
      of.visits = undefined
      // @ts-expect-error a misspelt member of the envelope is of unknown type
      of.landed_at = meta.create_at
    },
  },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error a misspelt column of the key
  at: ({ meta }) => ({ purchas: meta.aggregate_id }),
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error a column of the key that is of another type
  at: { 'purchase-completed': () => ({ purchase: 7 }) },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error handlers are synchronous
  when: { '*': async () => {} },
})
defineProjection({
  ...base,
  events: [completed],
  when: { '*': () => undefined },
  // @ts-expect-error a misspelt column
  complete: (of) => of.landd_at !== undefined,
})
defineProjection({
  ...base,
  events: [completed],
  when: { '*': () => undefined },
  // @ts-expect-error there is no such option
  hidden: ['amount'],
})
// @ts-expect-error the rows of a test are the report's
export const wrong: Date | undefined = shown?.landd_at

/* ---- by name, and all ---- */
defineProjection({
  ...base,
  events: ['*'],
  when: {
    anything: (of, { payload }) => {
      of.note = String(payload['field'])
      // @ts-expect-error nobody said what the payload is
      of.note = payload['field']
    },
  },
})
defineProjection({
  ...base,
  events: [completed, 'refunded'],
  at: { 'purchase-completed': () => [], refunded: () => null },
  when: {
    refunded: (of, { meta }) => {
      const known: 'refunded' = meta.type
      of.note = known
    },
    // @ts-expect-error a type that is not in `events`
    refundd: () => undefined,
  },
})

/* ---- memory, hide, indexes ---- */
const memory = {
  key: { purchase: z.string() },
  row: { last: z.string().optional(), count: z.int().default(0), since: z.date() },
  at,
}
export const remembering = defineProjection({
  ...base,
  events: [landed, completed],
  memory: {
    ...memory,
    when: {
      'purchase-landed': (of, { payload }) => {
        of.last = payload.country
        of.count += 1
        const purchase: string = of.purchase
        return purchase === '' ? null : undefined
      },
      '*': (of, { meta }) => {
        const known: 'purchase-landed' | 'purchase-completed' = meta.type
        of.last = known
      },
    },
  },
  at: {
    'purchase-landed': (_of, { last, count }) =>
      last === undefined ? null : { purchase: last.repeat(count) },
    'purchase-completed': ({ payload }, { purchase }) => [{ purchase: purchase ?? payload.amount }],
  },
  when: {
    'purchase-completed': (of, { payload }, { count, since }) => {
      of.visits = count
      of.landed_at = since
      of.amount = payload.amount
    },
    '*': (of, _event, { last }) => {
      of.note = last ?? null
    },
  },
  hide: ['note', 'visits'],
  indexes: ['landed_at', 'purchase', ['amount', 'purchase']],
  complete: (of) => of.note !== null,
})
/** What is hidden is of the row all the same. */
const [remembered] = testProjection(remembering, [event]).rows
export const note: string | null | undefined = remembered?.note

defineProjection({
  ...base,
  events: [landed, completed],
  memory: { ...memory, when: { '*': () => undefined } },
  // @ts-expect-error a misspelt column of the memory
  at: (of, { lost }) => (lost === undefined ? null : { purchase: of.meta.type }),
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  memory: { ...memory, when: { '*': () => undefined } },
  // @ts-expect-error what was never set is not there
  at: (_of, { last }) => ({ purchase: last }),
  when: {
    'purchase-completed': (of, _event, before) => {
      // @ts-expect-error a misspelt column of the memory
      of.visits = before.cuont
      // @ts-expect-error handlers see the memory, and do not change it
      before.count += 1
      // @ts-expect-error a required column of the memory may not be set yet
      before.since.getTime()
      // @ts-expect-error of an event that is nobody's, the memory has no key
      before.purchase.trim()
    },
  },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error there is no memory here
  at: (_of, { last }) => ({ purchase: last }),
  when: {
    // @ts-expect-error nor for handlers
    '*': (of, _event, { count }) => {
      of.visits = count
    },
  },
})
defineProjection({
  ...base,
  events: [completed],
  memory: {
    ...memory,
    when: {
      'purchase-completed': (of, { payload }) => {
        // @ts-expect-error a misspelt column
        of.lst = '1'
        // @ts-expect-error a misspelt field of the payload
        of.last = payload.amont
        // @ts-expect-error the key is read-only
        of.purchase = ''
        // @ts-expect-error a counter is never unset
        of.count = undefined
      },
      // @ts-expect-error a type that is not in `events`
      'purchase-completd': () => undefined,
    },
  },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error the memory of one key: an event belongs to one, or to nobody
  memory: { ...memory, at: ({ meta }) => [{ purchase: meta.type }], when: { '*': () => undefined } },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error a misspelt column of the memory's key
  memory: { ...memory, at: ({ meta }) => ({ purchas: meta.type }), when: { '*': () => undefined } },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error whose memory it is depends on the event alone
  memory: { ...memory, at: (of, { last }) => ({ purchase: last }), when: { '*': () => undefined } },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  // @ts-expect-error a memory says what events leave in it
  memory: { ...memory },
  when: { '*': () => undefined },
})
defineProjection({
  ...base,
  events: [completed],
  when: { '*': () => undefined },
  // @ts-expect-error a misspelt column
  hide: ['amont'],
})
defineProjection({
  ...base,
  events: [completed],
  when: { '*': () => undefined },
  // @ts-expect-error the key cannot be hidden
  hide: ['purchase'],
})
defineProjection({
  ...base,
  events: [completed],
  when: { '*': () => undefined },
  // @ts-expect-error a misspelt column
  indexes: ['amount', ['landed_at', 'amont']],
})
defineProjection({
  ...base,
  events: [completed],
  memory: { ...memory, when: { '*': () => undefined } },
  when: { '*': () => undefined },
  // @ts-expect-error nobody searches the memory
  indexes: ['since'],
})
