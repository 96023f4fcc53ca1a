import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { DemetraError, EXIT } from '../errors.ts'
import type { Reject } from './reject.ts'

/**
 * The rejects of a source, as NDJSON beside it. Made with the first reject; an older file of that name, which
 * may hold repairs, is moved aside. `sizeBytes` is saved with the import's progress, so that a resume cuts
 * off what was written after it.
 */
export class RejectsFile {
  readonly path: string
  sizeBytes: number
  #fd: number | null = null

  /**
   * `written`: what a resumed import had written, and where. It goes on in that file; in a new one where it is to
   * be elsewhere now, or that file is not whole any more.
   */
  constructor(path: string, written?: { path: string; sizeBytes: number }) {
    this.path = path
    const found = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    const goesOn = written?.path === path && found >= written.sizeBytes
    this.sizeBytes = goesOn ? written.sizeBytes : 0
    if (this.sizeBytes > 0) this.#open()
  }

  get isEmpty(): boolean {
    return this.sizeBytes === 0
  }

  /** On disk when it returns. */
  append(rejects: readonly Reject[]): void {
    if (rejects.length === 0) return
    const fd = this.#fd ?? this.#open()
    const bytes = Buffer.from(rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''))
    try {
      for (let at = 0; at < bytes.length;)
        at += writeSync(fd, bytes, at, bytes.length - at, this.sizeBytes + at)
      fsyncSync(fd)
    } catch (error) {
      this.takeBack(this.sizeBytes)
      throw this.#unwritable(error)
    }
    this.sizeBytes += bytes.length
  }

  /** Cuts off what was written beyond `sizeBytes`; a file that had been empty is gone. */
  takeBack(sizeBytes: number): void {
    if (this.#fd === null || sizeBytes > this.sizeBytes) return
    this.sizeBytes = sizeBytes
    ftruncateSync(this.#fd, sizeBytes)
    if (sizeBytes > 0) return
    this.close()
    unlinkSync(this.path)
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }

  #open(): number {
    try {
      if (this.sizeBytes === 0) moveAside(this.path)
      const fd = openSync(this.path, this.sizeBytes === 0 ? 'wx' : 'r+')
      ftruncateSync(fd, this.sizeBytes)
      this.#fd = fd
      return fd
    } catch (error) {
      throw this.#unwritable(error)
    }
  }

  #unwritable(error: unknown): DemetraError {
    return new DemetraError(`The rejects file ${this.path} cannot be written: ${(error as Error).message}`, {
      code: 'DEMETRA_REJECTS_FILE',
      exitCode: (error as NodeJS.ErrnoException).code === 'ENOSPC' ? EXIT.temporary : EXIT.failed,
      hints: [
        'Make room or say another folder with --rejects-dir, then run the same command again: it goes on',
      ],
      context: { path: this.path },
      cause: error,
    })
  }
}

/** Repairs that someone made in an earlier rejects file are never overwritten. */
function moveAside(path: string): void {
  if (!existsSync(path)) return
  let n = 1
  while (existsSync(`${path}.${n}`)) n += 1
  renameSync(path, `${path}.${n}`)
}
