import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { EventError } from '../event/assemble.ts'
import type { ExactJson } from '../event/exact-json.ts'
import { readExact } from '../event/read-exact.ts'
import type { CloudEventParts } from './cloud-event.ts'
import { mediaType } from './media-type.ts'

const PREFIX = 'ce-'

/** Binary mode: the attributes are headers, the body is the data. */
export function isBinaryMode(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined
}

/** Throws EventError. */
export function readBinary(headers: IncomingHttpHeaders, body: Buffer): CloudEventParts {
  const attributes = new Map<string, ExactJson>()
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(PREFIX)) attributes.set(name.slice(PREFIX.length), headerText(name, String(value)))
  }
  const type = headers['content-type']
  if (type !== undefined) attributes.set('datacontenttype', type)
  return { attributes, data: dataOf(body, type) }
}

/** JSON as JSON, other text as a text, all else in Base64: as the JSON form of the same CloudEvent would have it. */
function dataOf(body: Buffer, type: string | undefined): CloudEventParts['data'] {
  if (body.length === 0) return null
  const { name, isUtf8: isSaidUtf8 } = mediaType(type ?? 'application/json')
  const isText = isSaidUtf8 && isUtf8(body)
  if (/[/+]json$/u.test(name)) {
    if (!isText) throw new EventError('invalid-utf8', 'data: expected JSON in UTF-8')
    return { json: readExact(body.toString('utf8'), { where: 'data' }) }
  }
  return isText ? { json: body.toString('utf8') } : { base64: body.toString('base64') }
}

/** A header's value: quotes taken off, then percent-encoded UTF-8 decoded, once. */
function headerText(name: string, value: string): string {
  const text = /^".*"$/su.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/gsu, '$1') : value
  // Node reads a header's bytes as Latin-1
  const bytes = Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  if (!isUtf8(bytes)) throw new EventError('invalid-utf8', `${name}: expected percent-encoded UTF-8`)
  return bytes.toString('utf8')
}
