import { once } from 'node:events'
import { BaseCommand, Flags } from '../cli/base-command.ts'
import { countText } from '../cli/numbers.ts'
import { writeStderr } from '../cli/stderr.ts'
import { readVersion } from '../cli/version.ts'
import { eventCheck } from '../import/event-check.ts'
import { DEFAULT_LIMITS } from '../server/limits.ts'
import { createServerLog } from '../server/server-log.ts'
import { loadEventTypes } from '../user-files/definitions.ts'

export interface ServeResult {
  url: string
  stored: number
  duplicates: number
  conflicts: number
  /** Answered with 503. */
  failed: number
}

export default class Serve extends BaseCommand {
  static override summary = 'Receive events over HTTP'
  static override description =
    'POST /events takes one event, NDJSON or CloudEvents, and answers when they are stored for good. Every request but ' +
    '/health and /ready needs a token, as `demetra token create` prints it. Ctrl-C or SIGTERM ends it, after what it has taken. ' +
    'On stderr: a line of JSON for each request, but for successful looks at /health, /ready and the open status page.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --port 8080',
    '<%= config.bin %> <%= command.id %> --rate 500 --store mongodb://localhost:27017/events',
  ]
  static override flags = {
    host: Flags.string({ default: '127.0.0.1', description: 'Address to listen on.', helpValue: 'HOST' }),
    port: Flags.integer({ min: 0, max: 65_535, default: 7777, description: 'Port; 0: any that is free.' }),
    rate: Flags.integer({
      min: 1,
      description:
        'Events a second that each token may send, with bursts of ten seconds; else as many as it likes.',
      helpValue: 'EVENTS',
    }),
  }

  /** A signal is how a service ends. */
  protected override endsBySignal = true
  /** Its log says it, as JSON like all else there. */
  protected override stopText = null

  async run(): Promise<ServeResult> {
    const { flags } = await this.parse(Serve)
    const { folder, strict } = await this.configuration()
    const check = eventCheck(await loadEventTypes(folder), strict)
    const store = await this.openEventStore('create')
    const { startServer } = await import('../server/start-server.ts')
    const server = await startServer(
      {
        store,
        eventLog: await this.openEventLog(),
        reportStore: await this.openReportStore(),
        check,
        strict,
        limits: { ...DEFAULT_LIMITS, eventsPerSecond: flags.rate ?? null },
        log: createServerLog(writeStderr, flags.quiet),
        version: readVersion(),
      },
      flags,
    )
    this.log(`Listening on ${server.url}`)
    if (!this.signal.aborted) await once(this.signal, 'abort')
    const { stored, duplicates, conflicts, failed } = await server.stop()
    const told = [
      countText(stored, 'event'),
      countText(duplicates, 'duplicate'),
      countText(conflicts, 'conflict'),
    ]
    this.log(`Stopped after ${told.join(', ')}`)
    return { url: server.url, stored, duplicates, conflicts, failed }
  }
}
