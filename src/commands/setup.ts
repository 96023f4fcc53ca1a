import { BaseCommand, Flags } from '../cli/base-command.ts'
import { DemetraError, EXIT } from '../errors.ts'
import type { SetupResult } from '../event-store/event-store.ts'

export interface SetupCommandResult {
  store: string
  created: string[]
  checked: string[]
  /** With --shard: what is to be typed into mongosh. */
  shardCommands: string[]
}

export default class Setup extends BaseCommand {
  static override summary = 'Create the event store, or check the one that is there'
  static override description =
    'Creates tables, collections and indexes that are missing and checks what is there; safe to repeat. Every other ' +
    'command does so when needed: run it ahead where another account has the right to create, and after an index was ' +
    'dropped by hand.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --store sqlite:/var/lib/demetra/events.db',
    '<%= config.bin %> <%= command.id %> --store mongodb://db.example.com/demetra',
    '<%= config.bin %> <%= command.id %> --store mongodb://mongos.example.com/demetra --shard',
  ]
  static override flags = {
    shard: Flags.boolean({
      description:
        'Also show what an administrator types to spread the events over the shards of a MongoDB cluster.',
    }),
  }

  async run(): Promise<SetupCommandResult> {
    const { flags } = await this.parse(Setup)
    const { store: url } = await this.configuration()
    if (flags.shard && !/^mongodb(?:\+srv)?:/u.test(url)) throw notInMongo()
    const store = await this.openEventStore('create')
    const { created, checked }: SetupResult = await store.setup()
    const shardCommands = flags.shard ? await commandsToShard(url) : []
    for (const name of created) this.log(`created  ${name}`)
    for (const name of checked) this.log(`checked  ${name}`)
    this.log(`The event store ${store.url} is ready.`)
    if (flags.shard) {
      this.log('\nTo spread the events over the shards, type in mongosh, as an administrator, at a mongos:')
      for (const command of shardCommands) this.log(`  ${command}`)
    }
    return { store: store.url, created, checked, shardCommands }
  }
}

/** Of a URL that was good enough to open the store. */
async function commandsToShard(url: string): Promise<string[]> {
  const [, database = ''] = /^[^/]+\/\/[^/]+\/([^?]+)/u.exec(url) ?? []
  const { shardCommands } = await import('../event-store/mongodb/shard-commands.ts')
  return shardCommands(decodeURIComponent(database))
}

function notInMongo(): DemetraError {
  return new DemetraError('--shard is for an event store in MongoDB, and this one is not', {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: ['`demetra setup --shard --store mongodb://MONGOS/DATABASE`'],
  })
}
