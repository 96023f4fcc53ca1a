import { resolve } from 'node:path'
import { Args, BaseCommand, Flags } from '../cli/base-command.ts'
import { deliverText, troubleText } from '../cli/deliver-text.ts'
import { durationMs } from '../cli/duration-flag.ts'
import { interrupted } from '../cli/interrupt.ts'
import { deliver, type DeliverResult } from '../client/deliver/deliver.ts'
import { notAllowed, serverAway, serviceUnknown } from '../client/deliver/deliver-errors.ts'
import { EXIT } from '../errors.ts'

export default class Deliver extends BaseCommand {
  static override summary = "Send what a producer's spool holds to Demetra"
  static override description =
    'For cron, a timer, or with --follow as a service of its own, beside producers that use `demetra/client`. Sends the ' +
    'events of the spool DIR in order for each aggregate, and tries again after 1 s, 2 s, 4 s … up to 5 minutes, or ' +
    'what the server asks for, for up to a year (P1Y). What the server refuses for good (400, 413, 422), or has not ' +
    'taken within a year, is set aside in DIR/refused.ndjson with the reason, and keeps nobody back; a token that is ' +
    'not taken (401, 403) stops it. A run that was killed, at whatever moment, is gone on with by the next one. Exit ' +
    'codes: 0 all is delivered, 3 all is through, some of it set aside, 5 events are left because the server is away, ' +
    '1 the token is not taken or another store answers, 11 another run delivers this spool.'
  static override examples = [
    'DEMETRA_TOKEN=… <%= config.bin %> <%= command.id %> /var/spool/shop --url https://source-of-truth',
    '<%= config.bin %> <%= command.id %> /var/spool/shop --follow',
    '<%= config.bin %> <%= command.id %> /var/spool/shop --give-up-after PT5M --quiet',
  ]
  static override args = {
    dir: Args.directory({
      description: 'The spool: the folder that the producer was given.',
      required: true,
    }),
  }
  static override flags = {
    url: Flags.string({
      summary: 'The service (or DEMETRA_URL); its token in DEMETRA_TOKEN.',
      helpValue: 'URL',
    }),
    follow: Flags.boolean({
      default: false,
      summary: 'Stay, and send whatever comes in; Ctrl-C ends it.',
    }),
    'give-up-after': Flags.string({
      summary: 'End where nothing was taken, and nothing will be tried again, for so long (ISO 8601).',
      helpValue: 'PT30S',
      default: 'PT30S',
    }),
    'change-store': Flags.boolean({
      default: false,
      summary: 'The store that answers has taken the place of the one that the events were for.',
    }),
  }

  protected override stopText =
    'Stopping within a second; what has no answer by then stays in the spool; again to stop at once.'

  async run(): Promise<DeliverResult> {
    const { args, flags } = await this.parse(Deliver)
    const giveUpAfterMs = durationMs(flags['give-up-after'], '--give-up-after')
    const url = flags.url ?? process.env['DEMETRA_URL'] ?? ''
    const token = process.env['DEMETRA_TOKEN']?.trim() ?? ''
    if (url === '' || token === '') throw serviceUnknown(args.dir, url === '')
    const progress = await this.progress({ label: `Delivering ${args.dir}` })
    const result = await deliver({
      folder: resolve(args.dir),
      url,
      token,
      giveUpAfterMs,
      follow: flags.follow,
      changeStore: flags['change-store'],
      signal: this.signal,
      onProgress: ({ delivered, duplicates }) => progress.update(delivered + duplicates),
      onTrouble: (message, againInMs) => this.note(troubleText(message, againInMs)),
    })
    progress.stop()
    this.partialResult = result
    this.log(deliverText(args.dir, result))
    if (this.signal.aborted) throw interrupted(['The same command goes on where this run stopped'])
    if (result.stopped?.why === 'not-allowed') throw notAllowed(args.dir, result.stopped.reason)
    if (result.stopped?.why === 'away') throw serverAway(args.dir, result.left, result.stopped.reason)
    if (result.setAside > 0) this.exitCode = EXIT.incomplete
    return result
  }
}
