import type { Sample, VerifyResult } from '../verify/verify-result.ts'
import { bytesText, countText, numberText } from './numbers.ts'
import { tableText } from './table.ts'
import { printable } from './text-width.ts'

/** What an import would do, for people: a table of types, then what is wrong and where. */
export function verifyText(result: VerifyResult): string {
  const { source, events, records, bytes } = result
  let text = `${source}: ${countText(events, 'event')} from ${countText(records, 'record')} (${bytesText(bytes)})\n\n`
  const types = Object.entries(result.types).toSorted((a, b) => b[1].events - a[1].events)
  if (types.length > 0) {
    const right = (header: string) => ({ header, align: 'right' as const })
    text += tableText(
      [
        { header: 'type' },
        right('events'),
        right('new'),
        right('duplicates'),
        right('conflicts'),
        right('rejected'),
      ],
      types.map(([type, counts]) => [
        type,
        ...[counts.events, counts.new, counts.duplicates, counts.conflicts, counts.rejected].map(numberText),
      ]),
    )
    text += '\n'
  }
  text += `${numberText(result.new)} would be written`
  text += part(result.duplicatesInStore, 'are stored already')
  text += part(result.duplicatesInSource, 'came before in what was read')
  text += part(result.conflicts, 'are in conflict')
  text += part(result.rejected, 'would be rejected')
  text += part(result.ignored, 'would be ignored by the map file')
  text += part(result.identical, 'equal an earlier record and are kept')
  text += '\n'
  for (const [code, { count, samples }] of Object.entries(result.rejects)) {
    text += `\n${code}: ${countText(count, 'record')}\n${places(samples, count)}`
  }
  if (result.conflicts > 0)
    text += `\nconflict: the id is there with another content\n${places(result.conflictSamples, result.conflicts)}`
  if (result.duplicatesInSource > 0) {
    text += `\nduplicate: the same event came before\n${places(result.duplicateSamples, result.duplicatesInSource)}`
  }
  return text.trimEnd()
}

function part(count: number, what: string): string {
  return count === 0 ? '' : `, ${numberText(count)} ${what}`
}

function places(samples: readonly Sample[], count: number): string {
  const lines = samples.map(
    ({ line, byteOffset, message }) => `  line ${line}, byte ${byteOffset}: ${printable(message)}\n`,
  )
  if (count > samples.length) lines.push(`  and ${numberText(count - samples.length)} more\n`)
  return lines.join('')
}
