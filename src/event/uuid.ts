import { hash16 } from './hash.ts'

/** Value of a hexadecimal digit by its char code, 255 for anything else. */
const NIBBLE = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i += 1) {
  NIBBLE['0123456789abcdef'.charCodeAt(i)] = i
  NIBBLE['0123456789ABCDEF'.charCodeAt(i)] = i
}
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The 16 bytes of a UUID of any version in its 36-character form, in any case; null for anything else. */
export function parseUuid(text: string): Uint8Array | null {
  if (text.length !== 36) return null
  const bytes = new Uint8Array(16)
  let at = 0
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) {
      if (text.charCodeAt(at) !== 45) return null
      at += 1
    }
    const high = NIBBLE[text.charCodeAt(at)] ?? 255
    const low = NIBBLE[text.charCodeAt(at + 1)] ?? 255
    if ((high | low) > 15) return null
    bytes[i] = (high << 4) | low
    at += 2
  }
  return bytes
}

/** The lower-case 36-character form of 16 bytes. */
export function formatUuid(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += HEX[bytes[i] as number]
  }
  return text
}

/** UUID version 5 of RFC 9562, section 5.5: SHA-1 of the namespace's bytes and the name in UTF-8. */
export function uuidV5(namespace: Uint8Array, name: string): Uint8Array {
  const nameBytes = Buffer.byteLength(name)
  const input = Buffer.allocUnsafe(16 + nameBytes)
  input.set(namespace, 0)
  input.write(name, 16, nameBytes, 'utf8')
  const bytes = hash16('sha1', input)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes
}
