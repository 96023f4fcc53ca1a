import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { parseUuid } from '../../src/event/uuid.ts'
import { eventLines } from '../support/events.ts'
import { exportText, importContent, temporaryStore } from '../support/import.ts'

const RUNS = { numRuns: 30 }

describe('a round trip', () => {
  it('import → show gives every event back to the letter', async () => {
    await fc.assert(
      fc.asyncProperty(eventLines, async (lines) => {
        await using temporary = await temporaryStore()
        const { result } = await importContent(temporary, lines.map((line) => `${line}\n`).join(''), {
          format: 'ndjson',
        })
        expect(result).toMatchObject({ events: lines.length, written: lines.length, rejected: 0 })
        for (const line of lines) {
          const event = await temporary.store.get(parseUuid(line.slice(7, 43)) as Uint8Array)
          expect(event && formatEventLine(event)).toBe(line)
        }
      }),
      RUNS,
    )
  })

  it.each(['ndjson', 'csv'] as const)('export → import → export gives the same bytes: %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(eventLines, async (lines) => {
        await using first = await temporaryStore()
        await using second = await temporaryStore()
        await importContent(first, lines.map((line) => `${line}\n`).join(''), { format: 'ndjson' })
        const text = await exportText(first.store, format)
        const { result } = await importContent(second, text, { format })
        expect(result).toMatchObject({ written: lines.length, rejected: 0, duplicates: 0 })
        expect(await exportText(second.store, format)).toBe(text)
      }),
      RUNS,
    )
  })

  it.each(['ndjson', 'csv'] as const)(
    'export --full → import --full keeps positions and times: %s',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(eventLines, async (lines) => {
          await using first = await temporaryStore()
          await using second = await temporaryStore()
          await importContent(first, lines.map((line) => `${line}\n`).join(''), {
            format: 'ndjson',
            position: 'received',
          })
          const text = await exportText(first.store, format, true)
          await importContent(second, text, { format, position: 'full', receivedAt: 0 })
          expect(await exportText(second.store, format, true)).toBe(text)
        }),
        RUNS,
      )
    },
  )
})
