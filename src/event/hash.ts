import { hash } from 'node:crypto'

/**
 * The first 16 bytes of the hash of a text in UTF-8. By way of a binary string: twice as fast as a Buffer,
 * which costs more to make than the hash itself (bench/read-event).
 */
export function hash16(algorithm: 'sha256' | 'sha1', text: string | Uint8Array): Uint8Array {
  const digest = hash(algorithm, text, 'binary')
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i += 1) bytes[i] = digest.charCodeAt(i)
  return bytes
}
