import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'

const SEGMENT = /^\d{16}-[0-9a-f]{8}\.spool$/

/** The segments of a spool in their order; a folder that is not there has none. */
export function listSegments(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names.filter((name) => SEGMENT.test(name)).toSorted()
}

/** Behind all others, and a name that was never there. */
export function newSegmentName(last: string | undefined, nowMs: number): string {
  const number = Math.max(last === undefined ? 0 : Number(last.slice(0, 16)) + 1, nowMs)
  return `${String(number).padStart(16, '0')}-${randomBytes(4).toString('hex')}.spool`
}

export function doneName(segment: string): string {
  return segment.replace(/\.spool$/, '.done')
}
