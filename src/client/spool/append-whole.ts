import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { wholeLines } from './record.ts'

const PIECE_BYTES = 64 * 1024

/** What became of an append: where each line that is in the file stands, and why those behind it are not. */
export interface Appended {
  from: number[]
  failure?: unknown
}

/**
 * Appends lines, under a lock. Lines that were written whole stay where the disk is full in the midst of them; what is
 * not a whole line is cut off, be it of this call or of a process that was killed.
 */
export function appendWhole(fd: number, lines: readonly Buffer[]): Appended {
  const start = cutTornTail(fd)
  const bytes = Buffer.concat(lines)
  let have = 0
  let failure: unknown
  try {
    while (have < bytes.length) have += writeSync(fd, bytes, have, bytes.length - have, start + have)
  } catch (error) {
    failure = error
    have = wholeLines(bytes.subarray(0, have))
    ftruncateSync(fd, start + have)
  }
  const from = []
  let at = 0
  for (const line of lines) {
    if (at + line.length > have) break
    from.push(start + at)
    at += line.length
  }
  return failure === undefined ? { from } : { from, failure }
}

/** The size of the file, which ends in a line end now. */
export function cutTornTail(fd: number): number {
  const { size } = fstatSync(fd)
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size))
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - piece.length)
    const have = readSync(fd, piece, 0, end - from, from)
    const whole = from + wholeLines(piece.subarray(0, have))
    if (whole > from) {
      if (whole < size) ftruncateSync(fd, whole)
      return whole
    }
    end = from
  }
  if (size > 0) ftruncateSync(fd, 0)
  return 0
}
