import { BaseCommand } from '../cli/base-command.ts'
import type { SetupResult } from '../event-store/event-store.ts'

export interface SetupCommandResult {
  store: string
  created: string[]
  checked: string[]
}

export default class Setup extends BaseCommand {
  static override summary = 'Create the event store, or check the one that is there'
  static override description =
    'Creates tables, collections and indexes that are missing and checks what is there; safe to repeat. Every other ' +
    'command does so when needed: run it ahead where another account has the right to create.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --store sqlite:/var/lib/demetra/events.db',
  ]

  async run(): Promise<SetupCommandResult> {
    await this.parse(Setup)
    const store = await this.openEventStore('create')
    const { created, checked }: SetupResult = await store.setup()
    for (const name of created) this.log(`created  ${name}`)
    for (const name of checked) this.log(`checked  ${name}`)
    this.log(`The event store ${store.url} is ready.`)
    return { store: store.url, created, checked }
  }
}
