import { expect, it } from 'vitest'
import { RepeatedTexts } from '../../src/segment/cut/repeated-texts.ts'
import { ScannedText } from '../../src/segment/cut/scanned-text.ts'

/** Too many for a slot each. */
const NAMES = Array.from({ length: 200 }, (_, n) => `order-${n}-geändert`)

it('numbers each text once, be they many, by turns, and some of them in one slot', () => {
  const texts = new RepeatedTexts()
  for (let round = 0; round < 3; round += 1) {
    texts.begin()
    for (const name of [...NAMES, ...NAMES.toReversed()]) {
      const bytes = Buffer.from(name)
      expect(texts.numbered[texts.numberOf(new ScannedText(bytes), 0, bytes.length)]).toBe(name)
    }
    expect(texts.numbered).toEqual(NAMES)
  }
})
