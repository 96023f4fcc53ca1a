import type { Clock } from '../clock.ts'
import type { Answer } from '../post.ts'
import { AppendLock } from '../spool/append-lock.ts'
import { damagedLine, refusedLine } from '../spool/refused-line.ts'
import { listSegments } from '../spool/segment-names.ts'
import { isDiskFull, otherStore } from '../spool/spool-errors.ts'
import { readSpoolStore, removeSpoolStore, writeSpoolStore } from '../spool/spool-store.ts'
import { SpoolWriter } from '../spool/spool-writer.ts'
import { syncFolder } from '../spool/sync-folder.ts'
import type { Damage, Entry } from './backlog.ts'
import type { Segment } from './segment.ts'

export interface SettlingOptions {
  folder: string
  clock: Clock
  /** The store that answers takes the place of the one that the events were for. */
  changeStore: boolean
  /** After each change of the counts. */
  onProgress: (counts: Readonly<Counts>) => void
}

export interface Counts {
  delivered: number
  /** Of those that are through: they had arrived before. */
  duplicates: number
  setAside: number
  /** Of those that are set aside: stretches of the spool that are no events any more. */
  damaged: number
}

/** What becomes of events that are through, on disk before anybody counts on it. */
export class Settling {
  readonly counts: Counts = { delivered: 0, duplicates: 0, setAside: 0, damaged: 0 }
  readonly #options: SettlingOptions
  readonly #writer: SpoolWriter
  readonly #lock: AppendLock
  #changeStore: boolean
  /** A store that could not be written down: the disk is full. */
  #met: string | null = null

  constructor(options: SettlingOptions) {
    const { folder, clock } = options
    this.#options = options
    this.#writer = new SpoolWriter({ folder, now: () => clock.now() })
    this.#lock = new AppendLock(folder)
    this.#changeStore = options.changeStore
  }

  async through(
    outcomes: readonly { entry: Entry; verdict: 'stored' | 'duplicate' | 'refused'; answer: Answer }[],
  ): Promise<void> {
    const now = this.#options.clock.now()
    const refused = outcomes.filter(({ verdict }) => verdict === 'refused')
    await Promise.all(
      refused.map(({ entry, answer }) => this.#writer.setAside(refusedLine(now, answer, entry.event.text))),
    )
    await this.#done(outcomes.map(({ entry }) => entry))
    const duplicates = outcomes.filter(({ verdict }) => verdict === 'duplicate').length
    this.counts.delivered += outcomes.length - refused.length - duplicates
    this.counts.duplicates += duplicates
    this.counts.setAside += refused.length
    this.#options.onProgress(this.counts)
  }

  /** Stretches of the spool that are no events any more. */
  async damaged(damages: readonly Damage[]): Promise<void> {
    if (damages.length === 0) return
    const now = this.#options.clock.now()
    await Promise.all(
      damages.map(({ raw, segment, from }) =>
        this.#writer.setAside(damagedLine(now, `damaged in the spool: ${segment.name}, byte ${from}`, raw)),
      ),
    )
    await this.#done(damages)
    this.counts.damaged += damages.length
    this.counts.setAside += damages.length
    this.#options.onProgress(this.counts)
  }

  /** Removes segments of which nothing is left. */
  async tidy(segments: readonly Segment[]): Promise<void> {
    const { folder } = this.#options
    const names = new Set(listSegments(folder))
    if (!segments.some(({ name }) => names.has(name))) return
    await this.#lock.hold(() => {
      const there = new Set(listSegments(folder))
      const removed = segments.filter((segment) => there.has(segment.name) && segment.removeIfDone())
      if (removed.length === 0) return
      // an empty spool may go to any store
      if (removed.length === there.size) removeSpoolStore(folder)
      syncFolder(folder)
    })
  }

  /** Throws DemetraError where another store answers than the one that the events are for. */
  async meet(store: string): Promise<void> {
    const { folder } = this.#options
    const known = this.#met ?? readSpoolStore(folder)
    if (known === store) return
    if (known !== null && !this.#changeStore) throw otherStore(folder, known, store)
    this.#changeStore = false
    try {
      await this.#lock.hold(() => writeSpoolStore(folder, store))
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#met = store
    }
  }

  async close(): Promise<void> {
    await this.#writer.close()
    this.#lock.close()
  }

  async #done(stretches: readonly { segment: Segment; from: number; to: number }[]): Promise<void> {
    const bySegment = Map.groupBy(stretches, ({ segment }) => segment)
    for (const [segment, ranges] of bySegment) segment.done.add(ranges)
    await this.tidy([...bySegment.keys()].filter((segment) => segment.mayBeDone()))
  }
}
