import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { canonicalExact, canonicalNumber, canonicalPlain } from '../../src/event/canonical.ts'
import { parseExact } from '../../src/event/exact-json.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { createHash } from 'node:crypto'

interface Vector {
  name: string
  event: string
  canonical: string
  digest: string
}
const vectors = JSON.parse(readFileSync('fixtures/digest-vectors.json', 'utf8')) as Vector[]

describe('the digest', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('of the vector: %s', (_, vector) => {
    const digest = createHash('sha256').update(vector.canonical).digest().subarray(0, 16).toString('hex')
    expect(digest).toBe(vector.digest)
    expect(Buffer.from(readEvent(vector.event, { receivedAt: 123 }).digest).toString('hex')).toBe(
      vector.digest,
    )
  })
})

describe('canonical numbers', () => {
  it.each([
    ['100', '1e2'],
    ['0.5', '5e-1'],
    ['-0', '0'],
    ['0.000', '0'],
    ['0e5', '0'],
    ['1.0', '1'],
    ['23', '23'],
    ['-1230', '-123e1'],
    ['1E+2', '1e2'],
    ['100e-2', '1'],
    ['9007199254740993', '9007199254740993'],
    ['0.1e-7', '1e-8'],
    ['1e400000000000000000000', '1e400000000000000000000'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical)
  })
})

describe('the two ways to the canonical form', () => {
  it.each([
    '{"b":1,"a":[10,0.5,1e21,true,null,"é"],"😀":{"z":{},"10":1,"9":2}}',
    '{"\u{e000}":1,"\u{1f600}":2}',
  ])('agree: %s', (text) => {
    expect(canonicalPlain(JSON.parse(text))).toBe(canonicalExact(parseExact(text)))
  })
})
