import { isUtf8 } from 'node:buffer'
import type { RecordError } from '../record.ts'

/** Index of the first byte that is not UTF-8 (RFC 3629: no surrogates, no overlong forms), or -1. */
export function firstInvalidUtf8(bytes: Buffer): number {
  let i = 0
  while (i < bytes.length) {
    const lead = bytes[i] as number
    const more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1
    if (more === -1) return i
    for (let k = 1; k <= more; k++) {
      const low = k > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
      const high = k > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
      const byte = bytes[i + k] ?? 0
      if (byte < low || byte > high) return i
    }
    i += more + 1
  }
  return -1
}

/** Says which byte of a record that is not UTF-8 is the first bad one; `byteOffset`: where `bytes` start. */
export function invalidUtf8Error(bytes: Buffer, byteOffset: number): RecordError {
  const index = Math.max(firstInvalidUtf8(bytes), 0)
  const hex = (bytes[index] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  return {
    code: 'invalid-utf8',
    message: `expected UTF-8 text, got the byte 0x${hex} at byte offset ${byteOffset + index}; a file in another encoding has to be converted first (iconv)`,
  }
}

/** Whether the bytes are UTF-8, but for a character cut at their end and, with `cutAtStart`, at their start. */
export function isUtf8Within(chunk: Buffer, cutAtStart: boolean): boolean {
  let from = 0
  if (cutAtStart) while (from < 3 && isContinuation(chunk[from])) from++
  let to = chunk.length
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] as number
    if (isContinuation(byte)) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    if (length > back) to -= back
    break
  }
  return isUtf8(chunk.subarray(from, Math.max(from, to)))
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
