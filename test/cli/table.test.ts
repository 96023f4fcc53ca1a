import { describe, expect, it } from 'vitest'
import { tableText } from '../../src/cli/table.ts'
import { cutText, padText, printable, textWidth } from '../../src/cli/text-width.ts'

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한국', 4],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['🇮🇹', 2],
    ['a\u200bb', 2],
  ])('%j takes %i columns', (text, width) => expect(textWidth(text)).toBe(width))

  it('is kept when a text is cut', () => {
    expect(cutText('日本語です', 5)).toBe('日本…')
    expect(cutText('abcdef', 4)).toBe('abc…')
    expect(cutText('abcd', 4)).toBe('abcd')
  })

  it('is filled up on either side', () => {
    expect(padText('日', 4)).toBe('日  ')
    expect(padText('7', 3, 'right')).toBe('  7')
  })
})

it('control characters are shown, not sent to the terminal', () => {
  expect(printable('a\nb\t\u001b[31mred\u009b')).toBe(String.raw`a\nb\t\u001b[31mred\u009b`)
})

describe('a table', () => {
  const columns = [{ header: 'name' }, { header: 'count', align: 'right' as const }]

  it('is aligned, numbers to the right', () => {
    const rows = [
      ['日本', '7'],
      ['Italia', '1234'],
    ]
    expect(tableText(columns, rows, {})).toBe('name    count\n──────  ─────\n日本        7\nItalia   1234\n')
  })

  it('is whole where there is no terminal', () => {
    const long = 'x'.repeat(500)
    expect(tableText(columns, [[long, '1']], {})).toContain(long)
  })

  it('is cut to the terminal, the widest column first', () => {
    const rows = [['x'.repeat(100), '12345']]
    const lines = tableText(columns, rows, { width: 40 }).trimEnd().split('\n')
    expect(lines.map(textWidth)).toEqual([40, 40, 40])
    expect(lines[2]).toMatch(/^x+…  12345$/)
  })

  it('has a head when it has no rows', () => {
    expect(tableText(columns, [], {})).toBe('name  count\n────  ─────\n')
  })
})
