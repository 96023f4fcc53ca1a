import type { EventMembers } from './event-text.ts'
import type { Random } from './random.ts'

/** The same event as a CloudEvent in JSON. */
export function cloudEventText(random: Random, members: EventMembers): string {
  const { id, service, type, createdAt, aggregate, correlation, payload } = members
  const parts = [
    '"specversion":"1.0"',
    `"id":"${random.chance(0.1) ? `n-${id}` : id}"`,
    `"source":"https://shop.example/${encodeURIComponent(service)}"`,
    `"type":${JSON.stringify(type)}`,
    `"time":"${createdAt}"`,
    `"subject":${JSON.stringify(aggregate)}`,
    ...(service === encodeURIComponent(service) ? [] : [`"service":${JSON.stringify(service)}`]),
    ...(correlation === null ? [] : [`"correlationid":${JSON.stringify(correlation)}`]),
    ...(random.chance(0.2) ? ['"datacontenttype":"application/json"', '"sampledrate":30'] : []),
    random.chance(0.05) ? '"data_base64":"AAEC"' : `"data":${payload}`,
  ]
  return `{${(random.chance(0.8) ? parts : parts.toReversed()).join(',')}}`
}

/** The same in binary mode: the attributes are headers, the body is the data. */
export function cloudEventHeaders(random: Random, members: EventMembers): string[] {
  const { id, service, type, createdAt, aggregate, correlation } = members
  const headers = [
    'ce-specversion: 1.0',
    `ce-id: ${id}`,
    `ce-source: /${encodeURIComponent(service)}`,
    `ce-type: ${encoded(type)}`,
    `ce-time: ${createdAt}`,
    `ce-subject: ${encoded(aggregate)}`,
    ...(service === encodeURIComponent(service) ? [] : [`ce-service: ${encoded(service)}`]),
    ...(correlation === null ? [] : [`ce-correlationid: ${encoded(correlation)}`]),
  ]
  if (random.chance(0.8)) return headers
  const at = random.below(headers.length)
  const header = headers[at] as string
  const broken = random.pick([
    [],
    [header, header],
    [`${header}%ff`],
    [`${header}%`],
    [header.replace(':', ':"').concat('"')],
    [header.replace(/: .*/u, ':')],
    [header.replace(/: .*/u, ': \u00e9\u00ff')],
    [header.replace('ce-', 'ce-x-')],
    [header, 'ce-data: 1', 'ce-: 1', 'ce-__proto__: 1', 'ce-constructor: 1'],
    [header, `ce-long: ${'x'.repeat(4000)}`],
  ])
  return headers.toSpliced(at, 1, ...broken)
}

/** As the specification wants it: percent-encoded where it is not printable ASCII, or a quote or a percent sign. */
function encoded(text: string): string {
  return text.replaceAll(/[^!-~]|["%]/gu, encodeURIComponent)
}
