import { expect, it } from 'vitest'
import { slug } from '../../src/import/mapping/slug.ts'

it.each([
  ['ER Registration', 'er-registration'],
  ['LacticAcid', 'lacticacid'],
  ['  Paid (in full)! ', 'paid-in-full'],
  ['Größe ändern', 'größe-ändern'],
  ['Größe ändern'.normalize('NFD'), 'größe-ändern'],
  ['हिन्दी शब्द', 'हिन्दी-शब्द'],
  ['日本 語', '日本-語'],
  ['---', ''],
])('%s as an event type is %s', (text, type) => {
  expect(slug(text)).toBe(type)
})
