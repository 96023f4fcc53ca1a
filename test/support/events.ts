import fc from 'fast-check'
import { quote, writeExact } from '../../src/event/exact-json.ts'
import { exactPayload, oddString } from './arbitrary-json.ts'

const text = oddString.filter((value) => value !== '')

/** Any event that an import accepts, as the line that `export` writes. */
export const eventLine = fc
  .record({
    id: fc.uuid(),
    createdAt: fc
      .integer({ min: -60_000_000_000_000, max: 1_700_000_000_000 })
      .map((ms) => new Date(ms).toISOString()),
    service: text,
    type: text,
    aggregate: text,
    correlation: fc.option(text),
    extra: exactPayload,
    payload: exactPayload,
  })
  .map((event) => {
    const correlation = event.correlation === null ? '' : `,"correlation_id":${quote(event.correlation)}`
    const extra = [...event.extra.members]
      .filter(([key]) => !KNOWN.has(key))
      .map(([key, value]) => `,${quote(key)}:${writeExact(value)}`)
    return (
      `{"id":"${event.id}","meta":{"service":${quote(event.service)},"type":${quote(event.type)},` +
      `"created_at":"${event.createdAt}","aggregate_id":${quote(event.aggregate)}${correlation}${extra.join('')}},` +
      `"payload":${writeExact(event.payload)}}`
    )
  })

const KNOWN = new Set(['service', 'type', 'created_at', 'received_at', 'aggregate_id', 'correlation_id'])

/** Distinct events, as lines. */
export const eventLines = fc.uniqueArray(eventLine, { selector: (line) => line.slice(0, 45), maxLength: 30 })

/** A plain event line, for tests that need many or need to know them. */
export function plainLine(n: number, payload: object = { n }): string {
  const id = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
  const meta = {
    service: 'core',
    type: n % 2 === 0 ? 'even' : 'odd',
    created_at: new Date(Date.UTC(2016, 0, 1) + n * 1000).toISOString(),
    aggregate_id: `number/${n % 10}`,
  }
  return JSON.stringify({ id, meta, payload })
}

export function plainLines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${plainLine(i + 1)}\n`).join('')
}
