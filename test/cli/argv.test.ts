import { expect, it } from 'vitest'
import { normalizeArgv } from '../../src/cli/argv.ts'
import { optionalValue } from '../../src/cli/optional-value.ts'

const words = (text: string): string[] => text.split(' ').filter(Boolean)

it.each([
  ['projection funnel', 'projection funnel'],
  ['projection:funnel', 'projection funnel'],
  ['projection:funnel --json', 'projection funnel --json'],
  ['--json projection:funnel', 'projection --json funnel'],
  ['--config x.ts --quiet projection:funnel --wait', 'projection --config x.ts --quiet funnel --wait'],
  ['--store=sqlite:a.db status', 'status --store=sqlite:a.db'],
  ['help projection:funnel', 'help projection'],
  ['--json help projection:funnel', 'help projection'],
  ['projection:funnel --help', 'projection funnel --help'],
  ['replay:funnel', 'replay funnel'],
  ['projection:', 'projection'],
  ['projection funnel:x', 'projection funnel:x'],
  ['import a:b.csv', 'import a:b.csv'],
  ['token create --read', 'token create --read'],
  ['--json --store sqlite:a.db token create --read', 'token create --json --store sqlite:a.db --read'],
  ['token:list --json', 'token list --json'],
  ['--json token', 'token --json'],
  ['--json token --read', 'token --json --read'],
  ['help token list', 'help token list'],
  ['help token:list', 'help token list'],
  ['--json', '--json'],
  ['', ''],
])('%j is read as %j', (given, expected) => {
  expect(normalizeArgv(words(given))).toEqual(words(expected))
})

it.each([
  ['report x --chart', 'report x --chart='],
  ['report x --chart --json', 'report x --chart= --json'],
  ['report x --chart day', 'report x --chart day'],
  ['report x --chart=day', 'report x --chart=day'],
  ['report x -- --chart', 'report x -- --chart'],
])('a flag may stand without its value: %j', (given, expected) => {
  expect(optionalValue(words(given), '--chart')).toEqual(words(expected))
})
