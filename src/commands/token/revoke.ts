import { Args, BaseCommand } from '../../cli/base-command.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import { parseToken } from '../../token/token.ts'

export default class TokenRevoke extends BaseCommand {
  static override summary = 'Revoke a token: within 5 seconds nothing is taken from it any more'
  static override description =
    'By every instance of `demetra serve` on this store. It cannot be undone; a revoked token stays in the list.'
  static override examples = ['<%= config.bin %> <%= command.id %> k3v7q2xa']
  static override args = {
    id: Args.string({ description: 'As `token list` shows it; the token itself will do.', required: true }),
  }

  async run(): Promise<{ id: string; store: string }> {
    const { args } = await this.parse(TokenRevoke)
    const given = args.id.trim()
    const id = parseToken(given)?.id ?? given
    const store = await this.openEventStore()
    if (!(await store.tokens.revoke(id))) throw noSuchToken(id, store.url)
    this.log(`Token ${id} is revoked; ${store.url} keeps it in its list.`)
    return { id, store: store.url }
  }
}

function noSuchToken(id: string, store: string): DemetraError {
  return new DemetraError(`There is no token ${id} in ${store}`, {
    code: 'DEMETRA_NO_TOKEN',
    exitCode: EXIT.failed,
    hints: ['`demetra token list` shows those that there are'],
    context: { id },
  })
}
