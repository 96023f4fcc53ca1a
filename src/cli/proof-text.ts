import type { Damage, Proof } from '../verify/proof.ts'
import { bytesText, countText, durationText, numberText } from './numbers.ts'
import { tableText } from './table.ts'

/** What store and archive hold, and what is wrong with it, for people. */
export function proofText(proof: Proof): string {
  const { segments, orphans, running, damages } = proof
  const parts = [`Event store ${proof.store}, archive ${proof.archive}\n`, countsText(proof)]
  for (const { number, reason, objects } of orphans) {
    const keys = objects.map(({ key, sizeBytes }) => `\n  ${key} (${bytesText(sizeBytes)})`).join('')
    const what = objects.length === 0 ? 'nothing lies under it' : 'what lies under it is no segment'
    parts.push(`Segment ${number} was abandoned (${reason}); ${what}${keys}`)
  }
  if (running !== null) parts.push(`Being archived or restored at this moment: ${running}`)
  if (damages.length > 0) parts.push('', ...damages.map(damageText), '')
  const took = durationText(proof.seconds)
  if (damages.length > 0) parts.push(`${countText(damages.length, 'damage')} found in ${took}`)
  else if (proof.deep) parts.push(`All is well: every event is there once, every digest is right (${took})`)
  else
    parts.push(
      `All is well: ${countText(segments.events, 'archived event')} by size and sums (${took}); --deep reads them all`,
    )
  return parts.join('\n')
}

function countsText({ segments, liveEvents, broughtBack }: Proof): string {
  const right = (header: string) => ({ header, align: 'right' as const })
  const rows = [
    [
      'segments to be read',
      numberText(segments.segments),
      numberText(segments.events),
      bytesText(segments.gzipBytes),
    ],
  ]
  if (segments.restored > 0) rows.push(['segments restored', numberText(segments.restored), '', ''])
  if (broughtBack > 0) rows.push(['of their events live again', '', numberText(broughtBack), ''])
  if (liveEvents !== null) rows.push(['live events', '', numberText(liveEvents), ''])
  return tableText([{ header: 'what' }, right('segments'), right('events'), right('size')], rows)
}

function damageText({ code, message, ids, events, mend }: Damage): string {
  const more = events !== null && events > ids.length ? ', …' : ''
  const named = ids.length === 0 ? '' : `\n    ${ids.join(', ')}${more}`
  return `✗ ${code}: ${message}${named}\n  → ${mend}`
}
