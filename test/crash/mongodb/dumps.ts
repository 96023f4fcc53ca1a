import { plainLine, plainLines } from '../../support/events.ts'

export interface Dump {
  name: string
  content: string
  flags: readonly string[]
  events: number
  /** Of them, those that are there a second time. */
  duplicates: number
}

/** In Demetra's own form. */
export function plainDump(events: number): Dump {
  return { name: 'plain.ndjson', content: plainLines(events), flags: [], events, duplicates: 0 }
}

/** Every tenth event comes again: half of those soon after, half at the very end. */
export function dumpWithDuplicates(events: number): Dump {
  const lines: string[] = []
  const atTheEnd: string[] = []
  for (let n = 1; n <= events; n += 1) {
    const line = plainLine(n)
    lines.push(line)
    if (n % 20 === 0) lines.push(line)
    else if (n % 10 === 0) atTheEnd.push(line)
  }
  const all = [...lines, ...atTheEnd]
  return {
    name: 'twice.ndjson',
    content: `${all.join('\n')}\n`,
    flags: [],
    events: all.length,
    duplicates: all.length - events,
  }
}

/** Its ids are derived; every seventh record is equal to the letter, and an event of its own. */
export function mappedDump(events: number): Dump {
  let content = 'what,case,when,note\n'
  for (let i = 0; i < events; i += 1) {
    const n = i % 7 === 0 ? 0 : i
    content += `Step ${n % 5},${n % 100},2016-01-01 00:${String(n % 60).padStart(2, '0')}:00,note ${n}\n`
  }
  const flags = '--service s --type {what} --aggregate case/{case} --created-at {when} --timezone UTC'.split(
    ' ',
  )
  return { name: 'mapped.csv', content, flags, events, duplicates: 0 }
}
