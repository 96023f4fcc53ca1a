import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hash64 } from '../../src/import/hash64.ts'
import { Occurrences } from '../../src/import/occurrences.ts'

/** 16 bytes that say `n`. */
function key(n: number): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(12, n)
  return bytes
}

describe('occurrences', () => {
  test('says how often a key came before, and how many keys did', () => {
    const occurrences = new Occurrences()
    expect([1, 2, 1, 1, 3, 2].map((n) => occurrences.next(key(n)))).toEqual([0, 0, 1, 2, 0, 1])
    expect(occurrences.identical).toBe(3)
    expect([1, 4].map((n) => occurrences.has(key(n)))).toEqual([true, false])
    expect(occurrences.next(key(4))).toBe(0)
    occurrences.close()
  })

  test('keys are told apart by all 64 bits of their hash', () => {
    const occurrences = new Occurrences()
    for (let n = 0; n < 300_000; n++) occurrences.next(key(n))
    expect(occurrences.identical).toBe(0)
    occurrences.close()
  })

  test('agrees with a Map however often the table was full', () => {
    const step = fc.tuple(fc.nat(60), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const occurrences = new Occurrences({ slots: 16 })
        const model = new Map<number, number>()
        let identical = 0
        try {
          for (const [n, asks] of steps) {
            const before = model.get(n) ?? 0
            if (asks) {
              expect(occurrences.has(key(n))).toBe(before > 0)
              continue
            }
            expect(occurrences.next(key(n))).toBe(before)
            model.set(n, before + 1)
            identical += before > 0 ? 1 : 0
          }
          expect(occurrences.identical).toBe(identical)
        } finally {
          occurrences.close()
        }
      }),
      { numRuns: 40 },
    )
  })

  test('counts on over many flushes', () => {
    const occurrences = new Occurrences({ slots: 1024 })
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 20_000; n++) expect(occurrences.next(key(n))).toBe(round)
    }
    expect(occurrences.identical).toBe(40_000)
    occurrences.close()
  })

  test.runIf(process.platform === 'linux')('its file is gone when it is closed', () => {
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    const occurrences = new Occurrences({ slots: 4096 })
    for (let n = 0; n < 400_000; n++) occurrences.next(key(n))
    expect(open()).toBeGreaterThan(before)
    occurrences.close()
    occurrences.close()
    expect(open()).toBe(before)
  })
})

describe('the hash', () => {
  const hashOf = (bytes: Uint8Array): string => {
    const words = new Int32Array(2)
    hash64(bytes, words)
    return `${words[0]},${words[1]}`
  }

  test('every byte counts, also those behind the eighth, and the length', () => {
    const bytes = new Uint8Array(21)
    const hashes = new Set([hashOf(bytes), hashOf(bytes.subarray(0, 20)), hashOf(bytes.subarray(0, 8))])
    for (let i = 0; i < bytes.length * 8; i++) {
      const changed = bytes.slice()
      changed[i >> 3]! ^= 1 << (i & 7)
      hashes.add(hashOf(changed))
    }
    expect(hashes.size).toBe(3 + bytes.length * 8)
  })

  test('keys that count up spread evenly over both words', () => {
    const counts = [new Uint32Array(256), new Uint32Array(256)]
    const words = new Int32Array(2)
    for (let n = 0; n < 256 * 400; n++) {
      hash64(key(n), words)
      words.forEach((word, i) => counts[i]![word & 255]!++)
    }
    for (const buckets of counts) for (const count of buckets) expect(Math.abs(count - 400)).toBeLessThan(120)
  })
})
