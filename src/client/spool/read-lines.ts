import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { wholeLines } from './record.ts'

const PIECE_BYTES = 256 * 1024

/**
 * The next whole lines of a file, from `from` on, about 256 KiB of them; empty where there are none, or no file: who
 * delivers may have removed it.
 */
export function readLines(path: string, from: number): Buffer {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const leftBytes = sizeBytes - from
  for (let wanted = PIECE_BYTES; ; wanted *= 4) {
    const bytes = leftBytes > 0 ? readPiece(path, from, Math.min(wanted, leftBytes)) : Buffer.of()
    const whole = wholeLines(bytes)
    if (whole > 0 || wanted >= leftBytes) return bytes.subarray(0, whole)
  }
}

function readPiece(path: string, from: number, lengthBytes: number): Buffer {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.of()
    throw error
  }
  try {
    const bytes = Buffer.allocUnsafe(lengthBytes)
    let have = 0
    for (let more = 1; have < lengthBytes && more > 0; have += more) {
      more = readSync(fd, bytes, have, lengthBytes - have, from + have)
    }
    return bytes.subarray(0, have)
  } finally {
    closeSync(fd)
  }
}
