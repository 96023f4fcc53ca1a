import { BaseCommand, Flags } from '../cli/base-command.ts'
import { statusText } from '../cli/status-text.ts'
import { readStatus, type Status as StatusResult } from '../status/status.ts'

export default class Status extends BaseCommand {
  static override summary = 'Tell what the store holds and who works with it'
  static override description =
    'Events per type and day, reports and how far they have read, locks, imports that were interrupted. Nothing is ' +
    'scanned: it answers at once on a store of any size.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --days 31',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    days: Flags.integer({ min: 0, max: 366, default: 7, description: 'Days to show, the newest first.' }),
  }

  async run(): Promise<StatusResult> {
    const { flags } = await this.parse(Status)
    const status = await readStatus(await this.openEventStore('empty'), await this.openReportStore())
    this.log(statusText(status, flags.days))
    return status
  }
}
