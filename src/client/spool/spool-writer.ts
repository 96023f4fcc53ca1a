import { closeSync, constants, fdatasync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AppendLock } from './append-lock.ts'
import { appendWhole } from './append-whole.ts'
import { listSegments, newSegmentName } from './segment-names.ts'
import { otherStore, spoolUnwritable } from './spool-errors.ts'
import { readSpoolStore, writeSpoolStore } from './spool-store.ts'
import { makeFolder, syncFolder } from './sync-folder.ts'

const SEGMENT_BYTES = 16 * 1024 * 1024
export const REFUSED = 'refused.ndjson'
const FLAGS = constants.O_RDWR | constants.O_CREAT
const sync = promisify(fdatasync)

export interface Place {
  segment: string
  from: number
  to: number
}

interface Waiting {
  line: Buffer
  /** Where it goes: to the events, or to what is set aside. */
  aside: boolean
  /** The store that it is for, as far as its sender knows. */
  store: string | null
  resolve: (place: Place) => void
  reject: (error: unknown) => void
}

export interface SpoolWriterOptions {
  folder: string
  now: () => number
  /** Default 16 MiB. */
  segmentBytes?: number | undefined
}

/**
 * Appends to a spool, beside other processes that do so. What comes while the disk is being synced is written together
 * after it. A promise that resolves says: on disk. One that is rejected: not there, or, where syncing failed, unknown.
 */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions
  readonly #lock: AppendLock
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null
  /** The file whose name is on disk, by this process's own doing. */
  #named = ''
  /** A file that could not be synced is not trusted again. */
  readonly #given = new Set<string>()

  constructor(options: SpoolWriterOptions) {
    this.#options = options
    this.#lock = new AppendLock(options.folder)
  }

  append(line: Buffer, store: string | null): Promise<Place> {
    return this.#add({ line, aside: false, store })
  }

  /** To the events that nobody tries again. */
  async setAside(line: Buffer): Promise<void> {
    await this.#add({ line, aside: true, store: null })
  }

  async close(): Promise<void> {
    while (this.#running !== null) await this.#running
    this.#lock.close()
  }

  #add(what: Omit<Waiting, 'resolve' | 'reject'>): Promise<Place> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...what, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // what is sent in the same moment is written together
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      for (const aside of [false, true]) await this.#write(batch.filter((one) => one.aside === aside))
    }
    this.#running = null
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return
    const { folder } = this.#options
    let file: { fd: number; name: string } | undefined
    const refuse = (from: number, error: unknown) => {
      for (const { reject } of batch.slice(from)) reject(error)
    }
    try {
      makeFolder(folder)
      const { from, failure } = await this.#lock.hold(() => {
        const [{ aside, store }] = batch as [Waiting]
        if (!aside) this.#claim(store)
        file = this.#open(aside ? REFUSED : this.#segment())
        return appendWhole(
          file.fd,
          batch.map(({ line }) => line),
        )
      })
      if (failure !== undefined) refuse(from.length, spoolUnwritable(folder, failure))
      const { fd, name } = file as unknown as { fd: number; name: string }
      if (from.length > 0) await this.#sync(fd, name)
      for (const [i, start] of from.entries()) {
        const { line, resolve } = batch[i] as Waiting
        resolve({ segment: name, from: start, to: start + line.length })
      }
    } catch (error) {
      refuse(0, (error as Error).name === 'DemetraError' ? error : spoolUnwritable(folder, error))
    } finally {
      if (file !== undefined) closeSync(file.fd)
    }
  }

  /** A spool is for one store; an empty one may change it. */
  #claim(store: string | null): void {
    const { folder } = this.#options
    if (store === null) return
    const claimed = readSpoolStore(folder)
    if (claimed === store) return
    if (claimed !== null && listSegments(folder).length > 0) throw otherStore(folder, claimed, store)
    writeSpoolStore(folder, store)
  }

  /** The one that is written to now: the last, or a new one. */
  #segment(): string {
    const { folder, now } = this.#options
    const last = listSegments(folder).at(-1)
    return last === undefined || this.#given.has(last) || this.#isFull(last)
      ? newSegmentName(last, now())
      : last
  }

  #isFull(name: string): boolean {
    const { folder, segmentBytes = SEGMENT_BYTES } = this.#options
    return (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) >= segmentBytes
  }

  #open(name: string): { fd: number; name: string } {
    return { fd: openSync(join(this.#options.folder, name), FLAGS, 0o600), name }
  }

  async #sync(fd: number, name: string): Promise<void> {
    try {
      await sync(fd)
      if (this.#named !== name) syncFolder(this.#options.folder)
    } catch (error) {
      this.#given.add(name)
      throw error
    }
    this.#named = name
  }
}
