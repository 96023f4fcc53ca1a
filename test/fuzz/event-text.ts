import type { Random } from './random.ts'

/** Stands in every payload, and must never be seen in an answer or in the log. */
export const PAYLOAD_MARK = 'pAyLoAdMaRk'

const NUMBERS = [
  '0',
  '-0',
  '1.0',
  '1e400',
  '-1E-7',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1',
]
const STRINGS = [
  '""',
  '"\\u0041"',
  '"\\ud83d\\ude00"',
  '"é🎉"',
  '"\u2028"',
  '"\\n\\t\\\\\\/"',
  '"null"',
  '"1"',
]
const KEYS = ['a', '__proto__', 'constructor', 'a.b', '$set', '', '1', 'é', 'toString', '0x', 'id', 'payload']
const TYPES = ['payment-completed', 'landed', 'odd', '__proto__', 'é 🎉', 'constructor', 'a.b$c']
const TIMES = [
  '2016-01-01T12:00:00.000Z',
  '2016-01-01T12:00:00Z',
  '2016-01-01 12:00:00+02:00',
  '1969-12-31T23:59:59.999Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2016-01-01T12:00:00.123456789-11:30',
  '2016-02-29t12:00:00z',
]

/** An event's members, each as JSON text: good, if odd. */
export interface EventMembers {
  id: string
  service: string
  type: string
  createdAt: string
  aggregate: string
  correlation: string | null
  extra: readonly string[]
  payload: string
}

export function goodMembers(random: Random): EventMembers {
  const id = uuid(random)
  return {
    id: random.chance(0.05) ? id.toUpperCase() : id,
    service: random.chance(0.95) ? 'core' : random.pick(['billing', 'Core', 'core ']),
    type: random.pick(TYPES),
    createdAt: random.chance(0.5) ? '2016-01-01T12:00:00.000Z' : random.pick(TIMES),
    aggregate: `order/${random.below(50)}`,
    correlation: random.chance(0.2) ? `container/${random.below(5)}` : null,
    extra: random.chance(0.2) ? [`${JSON.stringify(random.pick(KEYS))}:${value(random, 3)}`] : [],
    payload: payload(random),
  }
}

/** As `export` writes it, or with blanks, another order, and what Demetra leaves aside. */
export function eventText(random: Random, members: EventMembers): string {
  const { id, service, type, createdAt, aggregate, correlation, extra, payload: content } = members
  const meta = [
    `"service":${JSON.stringify(service)}`,
    `"type":${JSON.stringify(type)}`,
    `"created_at":"${createdAt}"`,
    `"aggregate_id":${JSON.stringify(aggregate)}`,
    ...(correlation === null ? [] : [`"correlation_id":${JSON.stringify(correlation)}`]),
    ...extra,
  ]
  if (random.chance(0.7)) return `{"id":"${id}","meta":{${meta.join(',')}},"payload":${content}}`
  if (random.chance(0.2)) meta.push('"received_at":"1999-01-01T00:00:00.000Z"')
  const blank = random.pick(['', ' ', '\t', '\r', '  \t '])
  const top = [
    `"id":"${id}"`,
    `"meta":${blank}{${meta.toReversed().join(`,${blank}`)}}`,
    `"payload":${content}`,
  ]
  if (random.chance(0.2)) top.push('"position":"3117924358733824000"')
  return `${blank}{${blank}${(random.chance(0.5) ? top : top.toReversed()).join(`${blank},`)}${blank}}${blank}`
}

export function uuid(random: Random): string {
  const hex = random.hex(32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

function payload(random: Random): string {
  if (random.chance(0.3)) return `{"amount":"${PAYLOAD_MARK}"}`
  // the payload is the first level of a hundred
  if (random.chance(0.02)) return `{"amount":"${PAYLOAD_MARK}","a":${'['.repeat(99)}${']'.repeat(99)}}`
  if (random.chance(0.002)) return `{"amount":"${PAYLOAD_MARK}","a":"${'x'.repeat(random.below(50_000))}"}`
  return `{"amount":"${PAYLOAD_MARK}",${someMembers(random, 3)}}`
}

function someMembers(random: Random, depth: number): string {
  let text = ''
  for (let at = random.below(4); at < KEYS.length; at += 1 + random.below(8)) {
    text += `${text === '' ? '' : ','}${JSON.stringify(KEYS[at])}:${value(random, depth)}`
  }
  return text
}

function value(random: Random, depth: number): string {
  const kind = random.below(depth > 0 ? 7 : 4)
  if (kind === 0) return random.pick(NUMBERS)
  if (kind === 1) return random.pick(STRINGS)
  if (kind === 2) return `"${PAYLOAD_MARK}"`
  if (kind === 3) return random.pick(['true', 'false', 'null'])
  if (kind === 4) return `[${value(random, depth - 1)},${value(random, depth - 1)}]`
  return `{${someMembers(random, depth - 1)}}`
}
