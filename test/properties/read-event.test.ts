import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { quote, writeExact } from '../../src/event/exact-json.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { exactPayload, oddString, writeLoosely } from '../support/arbitrary-json.ts'

const text = oddString.filter((value) => value !== '')
const anyEvent = fc.record({
  id: fc.uuid(),
  createdAt: fc
    .integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 })
    .map((ms) => new Date(ms).toISOString()),
  service: text,
  type: text,
  aggregate: text,
  correlation: fc.option(text),
  extra: exactPayload,
  payload: exactPayload,
})
type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never

const KNOWN = new Set(['service', 'type', 'created_at', 'received_at', 'aggregate_id', 'correlation_id'])

function line(event: AnyEvent): string {
  const correlation = event.correlation === null ? '' : `,"correlation_id":${quote(event.correlation)}`
  const extra = [...event.extra.members]
    .filter(([key]) => !KNOWN.has(key))
    .map(([key, value]) => `,${quote(key)}:${writeExact(value)}`)
  return (
    `{"id":"${event.id}","meta":{"service":${quote(event.service)},"type":${quote(event.type)},"created_at":"${event.createdAt}",` +
    `"aggregate_id":${quote(event.aggregate)}${correlation}${extra.join('')}},"payload":${writeExact(event.payload)}}`
  )
}

const options = { receivedAt: 0 }

describe('an event that is read', () => {
  it('is written back as the same line, whatever its keys and numbers', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const read = readEvent(line(event), options)
        expect(formatEventLine({ ...read, position: 0n })).toBe(line(event))
      }),
    )
  })

  it('has the same digest and payload when its text has blanks and escapes', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom('', ' ', '\n  ', '\t'), (event, blank) => {
        const tight = readEvent(line(event), options)
        const payload = writeLoosely(event.payload, blank)
        const loose = readEvent(
          line(event).replace(/,"payload":.*$/s, () => `,${blank}"payload":${payload}}`),
          options,
        )
        expect(loose.payload).toBe(tight.payload)
        expect(loose.digest).toEqual(tight.digest)
      }),
    )
  })
})
