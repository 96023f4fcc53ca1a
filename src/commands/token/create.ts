import { BaseCommand, Flags } from '../../cli/base-command.ts'
import { createToken, type CreatedToken } from '../../token/create-token.ts'

export default class TokenCreate extends BaseCommand {
  static override summary = 'Make a bearer token for a service, printed once'
  static override description =
    'Who has it may send events of these services to `demetra serve`, and read them one by one; with --read everything ' +
    'that is read: the status page, /metrics, events of all services. The store keeps a hash of it alone. The token is ' +
    'all that goes to standard output.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --service core',
    '<%= config.bin %> <%= command.id %> --service shop --service billing --note "host shop-1"',
    '<%= config.bin %> <%= command.id %> --read > prometheus.token',
  ]
  static override flags = {
    service: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      description: 'It may send events whose meta.service is this; may be given several times.',
    }),
    read: Flags.boolean({ default: false, description: 'It opens everything that is read.' }),
    note: Flags.string({ helpValue: 'TEXT', description: 'Who it is for; `token list` shows it.' }),
  }

  async run(): Promise<CreatedToken & { store: string }> {
    const { flags } = await this.parse(TokenCreate)
    const { service: services = [], read, note = null } = flags
    const store = await this.openEventStore('create')
    const created = await createToken(store.tokens, { services, read, note })
    for (const name of created.services.filter((each) => each.includes(',')))
      this.warn(`'${name}' is one service; of several, each has a --service of its own`)
    this.log(created.token)
    this.note(
      `This is token ${created.id} of ${store.url}. It is shown this once: put it where its user keeps secrets.\n` +
        `If it gets lost or known: \`demetra token revoke ${created.id}\``,
    )
    return { ...created, store: store.url }
  }
}
