import { once } from 'node:events'
import { BaseCommand, Flags } from '../cli/base-command.ts'
import { writeStderr } from '../cli/stderr.ts'
import { readVersion } from '../cli/version.ts'
import { eventCheck } from '../import/event-check.ts'
import { createAuthenticator } from '../server/authenticate.ts'
import { DEFAULT_LIMITS } from '../server/limits.ts'
import { createServerLog } from '../server/server-log.ts'
import { loadEventTypes } from '../user-files/definitions.ts'

export interface ServeResult {
  url: string
}

export default class Serve extends BaseCommand {
  static override summary = 'Receive events over HTTP'
  static override description =
    'POST /events takes one event, NDJSON or CloudEvents, and answers when it is stored for good. Stops on Ctrl-C or ' +
    'SIGTERM, after what it has taken.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --port 8080',
  ]
  static override flags = {
    host: Flags.string({ default: '127.0.0.1', description: 'Address to listen on.', helpValue: 'HOST' }),
    port: Flags.integer({ min: 0, max: 65_535, default: 7777, description: 'Port; 0: any that is free.' }),
  }

  async run(): Promise<ServeResult> {
    const { flags } = await this.parse(Serve)
    const { folder, strict } = await this.configuration()
    const store = await this.openEventStore('create')
    const { startServer } = await import('../server/start-server.ts')
    const server = await startServer(
      {
        store,
        eventLog: await this.openEventLog(),
        reportStore: await this.openReportStore(),
        authenticator: createAuthenticator(store.tokens),
        check: eventCheck(await loadEventTypes(folder), strict),
        strict,
        limits: DEFAULT_LIMITS,
        log: createServerLog(flags.quiet ? () => undefined : writeStderr),
        version: readVersion(),
      },
      { host: flags.host, port: flags.port },
    )
    this.log(`Listening on ${server.url}`)
    if (!this.signal.aborted) await once(this.signal, 'abort')
    await server.stop()
    return { url: server.url }
  }
}
