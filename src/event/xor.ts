/** Adds 16 bytes to a sum of them that does not depend on their order. */
export function xorInto(sum: Uint8Array, bytes: Uint8Array): void {
  for (let i = 0; i < 16; i += 1) sum[i]! ^= bytes[i]!
}
