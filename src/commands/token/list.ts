import { BaseCommand } from '../../cli/base-command.ts'
import { type TokenLine, tokenLine, tokensText } from '../../cli/tokens-text.ts'

export default class TokenList extends BaseCommand {
  static override summary = 'List the tokens: what each opens, since when, and whether it is revoked'
  static override description = 'By their ids; the secrets are known to nobody but those who hold them.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<{ store: string; tokens: TokenLine[] }> {
    await this.parse(TokenList)
    const store = await this.openEventStore()
    const tokens = (await store.tokens.list()).map(tokenLine)
    this.log(tokensText(tokens))
    return { store: store.url, tokens }
  }
}
