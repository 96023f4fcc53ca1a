/**
 * What each report must say of a log, by plain code over the whole of it: nothing of Demetra is in here. Amounts are
 * counted in ten-thousandths.
 */
export interface LogEvent {
  meta: { type: string; aggregate_id: string; created_at: string; correlation_id?: string }
  payload: unknown
}

export interface Expected {
  rows: Record<string, unknown>[]
  waiting?: Record<string, number>
}

type Log = readonly LogEvent[]
type Payload = Record<string, string>

const of = (log: Log, ...types: string[]): LogEvent[] => log.filter(({ meta }) => types.includes(meta.type))
const payload = (event: LogEvent): Payload => event.payload as Payload
const timeOf = (event: LogEvent): Date => new Date(event.meta.created_at)
const utcDay = (event: LogEvent): string => event.meta.created_at.slice(0, 10)
const sumOf = (events: Log): bigint =>
  events.reduce((sum, event) => sum + units(payload(event)['amount'] ?? ''), 0n)

function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'))
}

/** `'12.5000'` and `'12.5'` are one number. */
export function plainDecimal(number: bigint | string): string {
  const value = typeof number === 'bigint' ? number : units(number.replace('-', ''))
  const isNegative = typeof number === 'bigint' ? number < 0n : number.startsWith('-')
  const digits = (value < 0n ? -value : value).toString().padStart(5, '0')
  return `${isNegative ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
}

/** Winter time all through: one hour ahead. */
const dayInAmsterdam = (event: LogEvent): string =>
  new Date(timeOf(event).getTime() + 3_600_000).toISOString().slice(0, 10)

const unique = <Item>(items: readonly Item[]): Item[] => [...new Set(items)]
const aggregates = (events: Log): string[] => unique(events.map(({ meta }) => meta.aggregate_id))

export function purchaseFunnel(log: Log): Expected {
  const rows: Record<string, unknown>[] = []
  let waiting = 0
  for (const purchase of aggregates(of(log, 'purchase-landed', 'purchase-completed'))) {
    const own = log.filter(({ meta }) => meta.aggregate_id === purchase)
    const [landed] = of(own, 'purchase-landed')
    const [completed] = of(own, 'purchase-completed')
    if (landed === undefined) waiting += 1
    else {
      const [amount, currency] =
        completed === undefined ? [] : (payload(completed)['amount'] ?? '').split('/')
      rows.push({
        purchase,
        landed_at: timeOf(landed),
        country: payload(landed)['country'],
        completed_at: completed && timeOf(completed),
        amount: amount && plainDecimal(amount),
        currency,
      })
    }
  }
  return { rows, ...(waiting > 0 ? { waiting: { landed_at: waiting } } : {}) }
}

export function revenue(log: Log): Expected {
  const payments = of(log, 'payment-received')
  const keyOf = (event: LogEvent): string =>
    JSON.stringify([payload(event)['country'], payload(event)['operator'], dayInAmsterdam(event)])
  const rows = unique(payments.map(keyOf)).map((key) => {
    const own = payments.filter((event) => keyOf(event) === key)
    const ids = new Set(aggregates(own))
    const refunds = of(log, 'payment-refunded').filter(({ meta }) => ids.has(meta.aggregate_id))
    const [country, operator, day] = JSON.parse(key) as string[]
    const gross = sumOf(own)
    return {
      country,
      operator,
      day,
      payments: own.length,
      refunds: refunds.length,
      gross: plainDecimal(gross),
      net: plainDecimal(gross - sumOf(refunds)),
    }
  })
  return { rows }
}

export function activeSubscriptions(log: Log): Expected {
  const own = of(log, 'subscription-started', 'subscription-ended')
  const rows: Record<string, unknown>[] = []
  for (const service of unique(own.map((event) => payload(event)['service']))) {
    const events = own.filter((event) => payload(event)['service'] === service)
    const activeUpTo = (end: number): number => {
      const before = events.slice(0, end)
      return of(before, 'subscription-started').length - of(before, 'subscription-ended').length
    }
    for (const day of unique(events.map(utcDay))) {
      const today = events.filter((event) => utcDay(event) === day)
      const before = activeUpTo(events.findIndex((event) => utcDay(event) === day))
      const ended = of(today, 'subscription-ended').length
      rows.push({
        service,
        day,
        started: of(today, 'subscription-started').length,
        ended,
        active: activeUpTo(events.findLastIndex((event) => utcDay(event) === day) + 1),
        churn: before > 0 ? ended / before : undefined,
      })
    }
  }
  return { rows }
}

export function hospitalCases(log: Log): Expected {
  const rows: Record<string, unknown>[] = []
  const waiting = { registered_at: 0, '(complete)': 0 }
  const all = of(log, 'er-registration', 'blood-test', 'iv-antibiotics', 'release')
  for (const id of aggregates(all)) {
    const own = all.filter(({ meta }) => meta.aggregate_id === id)
    const [registration] = of(own, 'er-registration')
    const [release] = of(own, 'release')
    const times = of(own, 'iv-antibiotics').map((event) => timeOf(event).getTime())
    if (registration === undefined) waiting.registered_at += 1
    else if (release === undefined) waiting['(complete)'] += 1
    else {
      const steps = own.map(({ meta }) => ({ at: meta.created_at, what: meta.type }))
      rows.push({
        case: id.slice('case/'.length),
        registered_at: timeOf(registration),
        age: payload(registration)['age'] ?? null,
        treated_at: times.length === 0 ? undefined : new Date(Math.min(...times)),
        released_at: timeOf(release),
        tests: of(own, 'blood-test').length,
        steps: steps.toSorted((a, b) => (`${a.at}${a.what}` < `${b.at}${b.what}` ? -1 : 1)),
      })
    }
  }
  return { rows, waiting: Object.fromEntries(Object.entries(waiting).filter(([, count]) => count > 0)) }
}

export function handOvers(log: Log): Expected {
  const pairs: { from: string; to: string; at: number }[] = []
  for (const aggregate of aggregates(log)) {
    const own = log.filter(({ meta }) => meta.aggregate_id === aggregate)
    for (let i = 1; i < own.length; i += 1) {
      const [from, to] = [own[i - 1] as LogEvent, own[i] as LogEvent]
      pairs.push({ from: from.meta.type, to: to.meta.type, at: timeOf(to).getTime() })
    }
  }
  const rows = unique(pairs.map(({ from, to }) => `${from}>${to}`)).map((key) => {
    const same = pairs.filter(({ from, to }) => `${from}>${to}` === key)
    const [from, to] = key.split('>')
    return { from, to, count: same.length, latest: new Date(Math.max(...same.map(({ at }) => at))) }
  })
  return { rows }
}

export function paymentsPerPlan(log: Log): Expected {
  const starts = of(log, 'subscription-started')
  const rows = unique(starts.map((event) => payload(event)['plan'])).map((plan) => {
    const own = starts.filter((event) => payload(event)['plan'] === plan)
    const ids = new Set(own.map(({ meta }) => meta.correlation_id))
    const payments = of(log, 'payment-received').filter(
      ({ meta }) => meta.correlation_id !== undefined && ids.has(meta.correlation_id),
    )
    return {
      plan,
      subscriptions: own.length,
      payments: payments.length,
      amount: plainDecimal(sumOf(payments)),
    }
  })
  return { rows: rows.filter(({ payments }) => payments > 0) }
}

export function customersPerDay(log: Log): Expected {
  const own = of(log, 'purchase-landed', 'purchase-completed')
  const rows = unique(own.map(utcDay)).map((day) => {
    const today = own.filter((event) => utcDay(event) === day)
    return { day, customers: unique(today.map((event) => payload(event)['customer'])).length }
  })
  return { rows }
}

export function customerPurchases(log: Log): Expected {
  const purchases = of(log, 'purchase-landed', 'purchase-completed')
  const rows: Record<string, unknown>[] = []
  for (const customer of unique(purchases.map((event) => payload(event)['customer']))) {
    const isOwn = (event: LogEvent): boolean =>
      event.meta.aggregate_id === customer || payload(event)['customer'] === customer
    let own = of(log, 'purchase-landed', 'purchase-completed', 'customer-erased', 'customer-returned')
    own = own.filter(isOwn)
    const erasedAt = own.findLastIndex(({ meta }) => meta.type === 'customer-erased')
    const returnedAt = own.findIndex(({ meta }, i) => i > erasedAt && meta.type === 'customer-returned')
    if (erasedAt >= 0) own = returnedAt < 0 ? [] : own.slice(returnedAt)
    own = of(own, 'purchase-landed', 'purchase-completed')
    for (const purchase of aggregates(own)) {
      const same = own.filter(({ meta }) => meta.aggregate_id === purchase)
      const [landed] = of(same, 'purchase-landed')
      rows.push({
        customer,
        purchase,
        country: landed && payload(landed)['country'],
        paid: of(same, 'purchase-completed').length > 0,
      })
    }
  }
  return { rows }
}
