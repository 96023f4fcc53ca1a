import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { readEvent } from '../../src/event/read-event.ts'
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
})
