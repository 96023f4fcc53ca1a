import fc from 'fast-check'
import { MAX_NESTING, type ExactJson, type ExactObject } from '../../src/event/exact-json.ts'

/** Strings that have broken stores: emoji, controls, quotes, integer-like, `__proto__`, dots and dollars, empty. */
export const oddString = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '1',
    '0',
    '10',
    'a.b',
    '$y',
    '$',
    '.',
    'é',
    '🎉',
    '\u2028',
    '"\\/\b\n',
  ),
)

/** Keys as above; a NUL in a key is refused everywhere. */
export const oddKey = oddString.map((key) => key.replaceAll('\u0000', ''))

/** The text of a JSON number, up to hundreds of digits. */
export const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: 10n ** 400n }).map(String), fc.nat().map(String)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,30}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,4}$/)),
  )
  .map((parts) => parts.join(''))

const { tree } = fc.letrec<{ tree: ExactJson; object: ExactObject }>((tie) => ({
  object: fc
    .uniqueArray(fc.tuple(oddKey, tie('tree')), { selector: ([key]) => key, maxLength: 6 })
    .map((members) => ({ kind: 'object' as const, members: new Map(members) })),
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<ExactJson>(null, true, false),
    oddString,
    numberText.map((text) => ({ kind: 'number' as const, text })),
    fc.array(tie('tree'), { maxLength: 5 }).map((items) => ({ kind: 'array' as const, items })),
    tie('object'),
  ),
}))

/** A payload: an object of anything. */
export const exactPayload: fc.Arbitrary<ExactObject> = fc
  .uniqueArray(fc.tuple(oddKey, tree), { selector: ([key]) => key, maxLength: 8 })
  .map((members) => ({ kind: 'object' as const, members: new Map(members) }))

/** The same value as another text: blanks between tokens, strings with escapes. */
export function writeLoosely(value: ExactJson, blank: string): string {
  if (typeof value === 'string') return escapeAll(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (value.kind === 'number') return value.text
  if (value.kind === 'array')
    return `[${blank}${value.items.map((item) => writeLoosely(item, blank)).join(`${blank},${blank}`)}]`
  const members = [...value.members].map(
    ([key, member]) => `${escapeAll(key)}${blank}:${blank}${writeLoosely(member, blank)}`,
  )
  return `{${blank}${members.join(`,${blank}`)}${blank}}`
}

function escapeAll(text: string): string {
  let escaped = ''
  for (let i = 0; i < text.length; i += 1) escaped += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
  return `"${escaped}"`
}

/** `{"a":{"a":…}}`, that many levels. */
export function nested(levels: number): string {
  return `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`
}

export { MAX_NESTING }
