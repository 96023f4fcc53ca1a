import { EventError, readTime, show } from '../event/assemble.ts'
import { quote, writeExact, type ExactJson, type ExactObject } from '../event/exact-json.ts'
import { readExact } from '../event/read-exact.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid, parseUuid, uuidV5 } from '../event/uuid.ts'

/** Of ids derived from `[source, id]`. It must never change: what was sent before is known again by it. */
const NAMESPACE = parseUuid('2f0d7c1e-94b5-4a0e-8d3c-6e51b7c9a248') as Uint8Array

/** Attribute names, as the specification has them. */
const NAME = /^[a-z0-9]+$/u
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u

/** The attributes of a CloudEvent; its data is a JSON value, bytes in Base64, or absent. */
export interface CloudEventParts {
  attributes: ReadonlyMap<string, ExactJson>
  data: { json: ExactJson } | { base64: string } | null
}

/**
 * A CloudEvent 1.0 as the JSON text of an event, so that it is read and checked as any other.
 *
 * `id`: a UUID as it is, else derived from source and id. `source` → `meta.service`, `type` → `meta.type`, `time` →
 * `meta.created_at`, `subject`, else `source` → `meta.aggregate_id`, the extension `correlationid` →
 * `meta.correlation_id`. Data that is an object is the payload. What these do not say to the letter stands in
 * `meta.cloudevent`: the CloudEvent can be made of the event again.
 *
 * @throws EventError
 */
export function cloudEventToLine({ attributes, data }: CloudEventParts): string {
  for (const [name, value] of attributes) checkAttribute(name, value)
  const specversion = attributes.get('specversion')
  if (specversion !== '1.0') {
    throw new EventError('invalid-envelope', `specversion: expected "1.0", got ${show(specversion)}`)
  }
  const source = required(attributes, 'source')
  const givenId = required(attributes, 'id')
  const type = required(attributes, 'type')
  const time = optional(attributes, 'time')
  if (time === undefined) {
    throw new EventError(
      'invalid-time',
      'time: a CloudEvent needs one here: sent again, it has to be the same event',
    )
  }
  const createdAt = formatTime(readTime(time, 'time'))
  const id = parseUuid(givenId) === null ? derivedId(source, givenId) : givenId.toLowerCase()
  const subject = optional(attributes, 'subject')
  const service = optional(attributes, 'service') ?? serviceOf(source)
  const correlation = optional(attributes, 'correlationid')

  const said = new Set(['type', 'subject', 'service', 'correlationid'])
  if (id === givenId) said.add('id')
  if (createdAt === time) said.add('time')
  const { payload, holds } = payloadOf(data)
  const kept = [...attributes].filter(([name, value]) => !said.has(name) && value !== null)
  const members = kept.map(([name, value]) => `${quote(name)}:${writeExact(value)}`)
  if (holds !== null) members.push(`"payload_holds":"${holds}"`)
  return (
    `{"id":"${id}","meta":{"service":${quote(service)},"type":${quote(type)},"created_at":"${createdAt}",` +
    `"aggregate_id":${quote(subject ?? source)}${correlation === undefined ? '' : `,"correlation_id":${quote(correlation)}`},` +
    `"cloudevent":{${members.join(',')}}},"payload":${payload}}`
  )
}

/** The JSON form, as in structured and batched mode. Throws EventError. */
export function readStructured(text: string): CloudEventParts {
  const { members } = parseObject(text)
  const data = members.get('data')
  const base64 = members.get('data_base64')
  members.delete('data')
  members.delete('data_base64')
  if (base64 === undefined || base64 === null) {
    return { attributes: members, data: data === undefined ? null : { json: data } }
  }
  if (data !== undefined) {
    throw new EventError('invalid-payload', 'data_base64: a CloudEvent has data or data_base64, not both')
  }
  if (typeof base64 !== 'string' || !isBase64(base64)) {
    throw new EventError('invalid-payload', 'data_base64: expected a text in Base64')
  }
  return { attributes: members, data: { base64 } }
}

/** The last part of the source's path, or of a URN; else its host. The producer's own name, in most sources. */
export function serviceOf(source: string): string {
  const [, , authority, rest = ''] = /^([a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)/isu.exec(source) ?? []
  const last = rest.split(authority === undefined ? /[/:]/u : '/').findLast((part) => part !== '')
  const host = authority?.replace(/^.*@/su, '').replace(/:\d*$/u, '')
  return last ?? (host === undefined || host === '' ? source : host)
}

/** No group is repeated in the expression: for each it would take stack, and a text of 8 MiB has too many. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text)
}

function payloadOf(data: CloudEventParts['data']): { payload: string; holds: string | null } {
  if (data === null) return { payload: '{}', holds: 'nothing' }
  if ('base64' in data) return { payload: `{"data_base64":"${data.base64}"}`, holds: 'data_base64' }
  const { json } = data
  const isObject = typeof json === 'object' && json !== null && json.kind === 'object'
  const text = writeExact(json)
  return isObject ? { payload: text, holds: null } : { payload: `{"data":${text}}`, holds: 'data' }
}

function derivedId(source: string, id: string): string {
  return formatUuid(uuidV5(NAMESPACE, `[${quote(source)},${quote(id)}]`))
}

function checkAttribute(name: string, value: ExactJson): void {
  if (!NAME.test(name)) {
    throw new EventError(
      'invalid-envelope',
      `${show(name)}: attributes of a CloudEvent are named in a-z and 0-9`,
    )
  }
  const isInteger = typeof value === 'object' && value?.kind === 'number' && /^-?\d+$/u.test(value.text)
  if (typeof value === 'object' && value !== null && !isInteger) {
    throw new EventError(
      'invalid-envelope',
      `${name}: an attribute of a CloudEvent is a text, an integer or a boolean`,
    )
  }
}

function required(attributes: CloudEventParts['attributes'], name: string): string {
  const value = optional(attributes, name)
  if (value !== undefined) return value
  throw new EventError('invalid-envelope', `${name}: expected a text that is not empty, got nothing`)
}

function optional(attributes: CloudEventParts['attributes'], name: string): string | undefined {
  const value = attributes.get(name) ?? undefined
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new EventError('invalid-envelope', `${name}: expected a text that is not empty`)
}

function parseObject(text: string): ExactObject {
  // the data is one level down
  const value = readExact(text, { levels: 1 })
  if (typeof value === 'object' && value?.kind === 'object') return value
  throw new EventError('invalid-envelope', 'expected a CloudEvent, a JSON object')
}
