import { archiveEvents } from '../archive/archive.ts'
import type { ArchiveResult } from '../archive/archive-result.ts'
import { estimateArchive, type ArchiveEstimate } from '../archive/estimate.ts'
import { dropReaders } from '../archive/drop-readers.ts'
import { archiveText, estimateText, keptText } from '../cli/archive-text.ts'
import { BaseCommand, Flags } from '../cli/base-command.ts'
import { durationMs, timeBefore } from '../cli/duration-flag.ts'
import { interrupted } from '../cli/interrupt.ts'
import { boundYoungHeap } from '../young-heap.ts'

export type ArchiveCommandResult = (ArchiveResult & { dryRun: false }) | (ArchiveEstimate & { dryRun: true })

export default class Archive extends BaseCommand {
  static override summary = 'Move aged events out of the event store into the archive'
  static override description =
    'For cron. Events whose position is older than --older-than become gzipped NDJSON segments in the archive, a ' +
    'directory or a bucket; each is read back and checked before its events leave the store. Tombstones stay, so that ' +
    'an event that is sent again is still known. Nothing is lost to readers: replay, show, history and export see one ' +
    'log. What a report has not read yet stays, and the run says so. A run that was interrupted, however it was, is ' +
    'finished by the next one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --older-than P90D --dry-run',
    '<%= config.bin %> <%= command.id %> --older-than P90D --quiet',
    '<%= config.bin %> <%= command.id %> --older-than P1Y --max-time PT30M',
    '<%= config.bin %> <%= command.id %> --archive file:/var/lib/demetra/archive --max-segments 10',
  ]
  static override flags = {
    'older-than': Flags.string({
      description: 'Age from which on events are moved, by their position and the store’s clock (ISO 8601).',
      helpValue: 'P90D',
      default: 'P90D',
    }),
    'dry-run': Flags.boolean({
      default: false,
      description: 'Tell objects, bytes, requests and about how long it takes; write nothing.',
    }),
    'max-time': Flags.string({
      description: 'Begin no further segment after so long (ISO 8601).',
      helpValue: 'PT30M',
    }),
    'drop-reader': Flags.string({
      description:
        'First forget a report that is no more and keeps events from being moved; several: the flag again.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      exclusive: ['dry-run'],
    }),
    'max-segments': Flags.integer({ min: 1, description: 'Move no more segments than this.' }),
  }

  async run(): Promise<ArchiveCommandResult> {
    const { flags } = await this.parse(Archive)
    const maxTime = flags['max-time']
    const maxTimeMs = maxTime === undefined ? undefined : durationMs(maxTime, '--max-time')
    boundYoungHeap()
    const store = await this.openEventStore()
    const objects = await this.openArchive()
    const beforeMs = timeBefore(await store.now(), flags['older-than'], '--older-than')
    if (flags['dry-run']) {
      const estimate = await estimateArchive({ store, objects, beforeMs })
      if (estimate.kept !== null) this.warn(keptText(estimate.kept))
      this.log(estimateText(estimate))
      return { dryRun: true, ...estimate }
    }
    await dropReaders(store, flags['drop-reader'])
    const progress = await this.progress({ label: 'Archiving', total: 1 })
    const result = await archiveEvents({
      store,
      objects,
      beforeMs,
      maxTimeMs,
      maxSegments: flags['max-segments'],
      signal: this.signal,
      onProgress: ({ share, events }) => progress.update(share, '', events),
      onWarning: (message) => this.warn(message),
    })
    progress.stop()
    if (result.kept !== null) this.warn(keptText(result.kept))
    this.log(archiveText(result))
    if (result.stoppedBy === 'interrupt') {
      this.partialResult = { dryRun: false, ...result }
      throw interrupted(['The same command goes on where this run stopped'])
    }
    return { dryRun: false, ...result }
  }
}
