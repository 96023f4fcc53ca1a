import { CommandHelp, Help } from '@oclif/core'

/** The exit codes, as every command's help lists them. */
export const EXIT_CODES = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage'],
  ['3', 'done, but with rejects, conflicts or damage'],
  ['4', 'input missing or unreadable'],
  ['5', 'temporary, try again'],
  ['10', 'store or archive not reachable'],
  ['11', 'locked by another run'],
  ['70', 'bug in Demetra'],
  ['130', 'interrupted'],
] as const

class CommandHelpWithExitCodes extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const body = EXIT_CODES.map(([code, meaning]) => `${code} ${meaning}`).join(' · ')
    return [...super.sections(), { header: 'EXIT CODES', generate: () => this.wrap(body) }]
  }
}

/** oclif's help, with the exit codes and where to begin. */
export default class DemetraHelp extends Help {
  protected override CommandHelpClass = CommandHelpWithExitCodes

  override formatRoot(): string {
    const start = this.section('FIRST STEPS', [
      ['demetra init', 'make a working example project'],
      ['demetra import FILE', 'bring events in'],
      ['demetra projection NAME', 'fill the report NAME from them'],
      ['demetra report NAME', 'read it'],
    ])
    const codes = this.section(
      'EXIT CODES',
      EXIT_CODES.map(([code, meaning]) => [code, meaning]),
    )
    return [super.formatRoot(), start, codes].join('\n\n')
  }
}
