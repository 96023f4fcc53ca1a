/**
 * 64 well mixed bits of `key` into two words. Two lanes after MurmurHash3: keys that differ in few bits, as
 * UUIDs of version 7 do, come out as different as any. Not for adversaries.
 */
export function hash64(key: Uint8Array, into: Int32Array): void {
  let a = key.length ^ 0x2d5f1a3b
  let b = key.length ^ 0x6c8e9cf5
  for (let i = 0; i < key.length; i += 4) {
    const word =
      (key[i] as number) | ((key[i + 1] ?? 0) << 8) | ((key[i + 2] ?? 0) << 16) | ((key[i + 3] ?? 0) << 24)
    a =
      Math.imul(rotate(a ^ Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593), 13), 5) +
      0xe6546b64
    b =
      Math.imul(rotate(b ^ Math.imul(rotate(Math.imul(word, 0x239b961b), 17), 0xab0e9789), 19), 5) +
      0x561ccd1b
    b = (b + a) | 0
  }
  a = finish(a + b)
  into[0] = a
  into[1] = finish(b + a)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function finish(word: number): number {
  let mixed = word | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
