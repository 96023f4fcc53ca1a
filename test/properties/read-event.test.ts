import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { readEvent, type ReadEventOptions } from '../../src/event/read-event.ts'
import { EventError } from '../../src/event/assemble.ts'
import { parseExact } from '../../src/event/exact-json.ts'
import { writeLoosely } from '../support/arbitrary-json.ts'
import { eventLine } from '../support/events.ts'

const options = { receivedAt: 0 }

describe('an event that is read', () => {
  it('is written back as the same line, whatever its keys and numbers', () => {
    fc.assert(
      fc.property(eventLine, (line) => {
        expect(formatEventLine({ ...readEvent(line, options), position: 0n })).toBe(line)
      }),
    )
  })

  it('is the same event when its text has blanks and escapes', () => {
    fc.assert(
      fc.property(eventLine, fc.constantFrom('', ' ', '\n  ', '\t'), (line, blank) => {
        const tight = readEvent(line, options)
        const loose = readEvent(writeLoosely(parseExact(line, 1), blank), options)
        expect(loose).toEqual(tight)
      }),
    )
  })

  it('is the same event, or the same reject, by whichever way it is read', () => {
    fc.assert(
      fc.property(hostileLine, (line) => {
        expect(outcome(line)).toEqual(readExactly(line))
      }),
      {
        numRuns: 5000,
        examples: [
          [ownLine('"\udc00"', '{}')],
          [ownLine('"t"', '{"a":"\ud800"}')],
          [ownLine('"t"', '{"\ud800":1}')],
        ],
      },
    )
  })

  it('has its time read as it was said, also in the form that export writes', () => {
    const readTime = (): number => 86_400_000
    expect(readEvent(ownLine('"t"', '{}'), { ...options, readTime }).createdAt).toBe(86_400_000)
  })
})

function ownLine(type: string, payload: string, id = '20ec0521-d127-4038-92ed-a4196c33705b'): string {
  return `{"id":"${id}","meta":{"service":"s","type":${type},"created_at":"2016-01-01T12:00:00.000Z","aggregate_id":"a"},"payload":${payload}}`
}

function outcome(text: string, more: Partial<ReadEventOptions> = {}): unknown {
  try {
    return readEvent(text, { ...options, ...more })
  } catch (error) {
    if (error instanceof EventError) return error.code
    throw error
  }
}

/** A blank in front leaves only the exact way. */
function readExactly(text: string): unknown {
  return outcome(` ${text}`)
}

const hostileText = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '1',
      '',
      '\u0000',
      '\u001f',
      '\u007f',
      '\u2028',
      '\ud800',
      '\udc00',
      '😀',
      '{',
      '}',
      '"',
      '\\"',
      '\\/',
      '\\u0000',
      '\\ud800',
      '__proto__',
    ),
    { maxLength: 3 },
  )
  .map((parts) => `"${parts.join('')}"`)

const hostileWord = fc.constantFrom(
  '0',
  '-0',
  '01',
  '1.',
  '.5',
  '-',
  '+1',
  '1e',
  '1e5',
  '1e+0',
  '1E400',
  '10',
  '1.50',
  '0e9',
  '-00',
  '12345678901234567890',
  '1e99999999999999999999',
  'true',
  'tru',
  'nullx',
  'NaN',
  '',
  ' 1',
  '[,]',
  '{,}',
  '{"a":1,}',
  '{"a"}',
  '{"a":1 }',
  '[1,]',
)

const hostileValue = fc.letrec<{ value: string; members: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    hostileText,
    hostileWord,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    tie('members'),
  ),
  members: fc
    .array(fc.tuple(hostileText, tie('value')), { maxLength: 5 })
    .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`),
}))

const nested = fc
  .tuple(fc.integer({ min: 98, max: 102 }), fc.boolean())
  .map(([depth, arrays]) =>
    arrays
      ? `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
      : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  )

const hostileLine = fc
  .tuple(
    hostileText,
    fc.oneof(hostileValue.members, hostileValue.value, nested),
    fc.constantFrom('20ec0521-d127-4038-92ed-a4196c33705b', '20EC0521-D127-4038-92ED-A4196C33705B', '20ec'),
    fc.constantFrom('', '', '', '}', 'x', '\n'),
  )
  .map(([type, payload, id, tail]) => ownLine(type, payload, id) + tail)
