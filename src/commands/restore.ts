import { readArchiveRoot } from '../event-log/archive-root.ts'
import { looseText } from '../archive/loose-objects.ts'
import { restoreCatalogue, type RestoreCatalogueResult } from '../archive/restore-catalogue.ts'
import { restoreEvents, type RestoreOptions, type RestoreResult } from '../archive/restore-events.ts'
import { BaseCommand, Flags } from '../cli/base-command.ts'
import { interrupted } from '../cli/interrupt.ts'
import { countText } from '../cli/numbers.ts'
import { rangeFlags, rangeOf } from '../cli/range-flags.ts'
import { catalogueText, restoreText } from '../cli/restore-text.ts'
import { DemetraError, EXIT } from '../errors.ts'

export default class Restore extends BaseCommand {
  static override summary = 'Bring archived events back; or catalogue and tombstones from the archive'
  static override description =
    'Brings the events of a stretch of time, by position, or of segments back into the event store, where they stood. ' +
    'Nobody needs that to read them: replay, show, history and export read the archive too. What lies in the archive ' +
    'stays there, and the next archive run moves what is old enough again. --catalogue is for the day on which the ' +
    'event store is lost, or came back from a backup: it makes catalogue and tombstones from the archive alone. Give ' +
    'it a --store that is not there yet, before anybody else creates it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from 2016-01-01 --to 2016-02-01',
    '<%= config.bin %> <%= command.id %> --segment 1 --segment 2',
    '<%= config.bin %> <%= command.id %> --catalogue --store sqlite:new.db',
  ]
  static override flags = {
    from: rangeFlags.from,
    to: rangeFlags.to,
    segment: Flags.integer({
      description: 'This segment; several: the flag again.',
      min: 1,
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['from', 'to'],
    }),
    catalogue: Flags.boolean({
      default: false,
      description: 'Catalogue and tombstones of all that is in the archive.',
      exclusive: ['from', 'to', 'segment'],
    }),
  }

  async run(): Promise<RestoreResult | RestoreCatalogueResult> {
    const { flags } = await this.parse(Restore)
    if (flags.catalogue) return this.#catalogue()
    const { from, to, segment: segments } = flags
    if (from === undefined && to === undefined && segments === undefined) throw nothingSaid()
    return this.#events(segments === undefined ? rangeOf({ from, to }) : { segments })
  }

  async #events(what: RestoreOptions['what']): Promise<RestoreResult> {
    const [store, objects] = await Promise.all([this.openEventStore(), this.openArchive()])
    const progress = await this.progress({ label: 'Restoring', total: 1 })
    const result = await restoreEvents({
      store,
      objects,
      what,
      signal: this.signal,
      onProgress: ({ events, of }) => progress.update(events / of, '', events),
    })
    progress.stop()
    this.log(restoreText(result))
    return this.#told(result)
  }

  async #catalogue(): Promise<RestoreCatalogueResult> {
    const objects = await this.openArchive()
    const root = await readArchiveRoot(objects)
    const store = await this.openEventStore('create', root?.storeId)
    const progress = await this.progress({ label: 'Restoring', total: 1, unit: 'segments' })
    const result = await restoreCatalogue({
      store,
      objects,
      signal: this.signal,
      onProgress: ({ segments, of }) => progress.update(segments / of, '', segments),
    })
    progress.stop()
    this.log(catalogueText(result))
    if (result.differing + result.damaged.length + result.loose.length > 0) this.exitCode = EXIT.incomplete
    for (const { message } of result.damaged) this.warn(`${message}; it was passed over`)
    for (const object of result.loose)
      this.warn(`${looseText(object)}; \`demetra verify\` says what mends it`)
    if (result.differing > 0) {
      this.warn(
        `${countText(result.differing, 'event')} of the archive ${result.differing === 1 ? 'stands' : 'stand'} in the ` +
          'event store with another content or at another position; `demetra verify` tells which',
      )
    }
    return this.#told(result)
  }

  #told<Result extends { interrupted: boolean }>(result: Result): Result {
    if (!result.interrupted) return result
    this.partialResult = result
    throw interrupted(['The same command goes on where this run stopped'])
  }
}

function nothingSaid(): DemetraError {
  return new DemetraError('What is to be brought back? Give --from and --to, --segment, or --catalogue', {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: ['`demetra restore --help` shows how', '`demetra status` tells what there is'],
  })
}
