import { createHash } from 'node:crypto'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { absentIsNull } from './directory/absent.ts'
import { explained } from './directory/errors.ts'
import { listFiles } from './directory/list-files.ts'
import { prepareFolder, syncFolder, writeOnce } from './directory/write-once.ts'
import { checkKey, checkPrefix } from './object-key.ts'
import { bodyMismatch, objectMissing, objectShort } from './object-errors.ts'
import type { ObjectStore } from './object-store.ts'

const PIECE_BYTES = 256 * 1024

/** The archive in a folder, which is made with the first object: `file:DIR`. */
export class DirectoryObjectStore implements ObjectStore {
  readonly url: string
  readonly #root: string
  /** Folders that are there and on disk, by this process's own doing. */
  readonly #prepared = new Set<string>()

  constructor(path: string) {
    this.#root = resolve(path)
    this.url = `file:${this.#root}`
  }

  async create(
    key: string,
    body: readonly Uint8Array[],
    sha256: Uint8Array,
  ): Promise<'created' | 'same' | 'different'> {
    const path = this.#pathOf(key)
    return this.#explaining(async () => {
      const folder = dirname(path)
      if (!this.#prepared.has(folder)) await prepareFolder(folder, this.#root)
      this.#prepared.add(folder)
      const written = await writeOnce(path, body, sha256)
      if (written === null) throw bodyMismatch(this.url, key)
      if (!written && !(await this.#holds(key, sha256))) return 'different'
      await syncFolder(folder)
      return written ? 'created' : 'same'
    })
  }

  async head(key: string): Promise<{ sizeBytes: number } | null> {
    const found = await this.#explaining(() => absentIsNull(stat(this.#pathOf(key))))
    return found?.isFile() === true ? { sizeBytes: found.size } : null
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | null> {
    const found = await this.head(key)
    return found === null ? null : this.#pieces(key, found.sizeBytes)
  }

  async readRange(key: string, offset: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#opened(key, async (file) => {
      const found = new Uint8Array(lengthBytes)
      let have = 0
      while (have < lengthBytes) {
        const { bytesRead } = await file.read(found, have, lengthBytes - have, offset + have)
        if (bytesRead === 0) throw objectShort(this.url, key, offset + lengthBytes, offset + have)
        have += bytesRead
      }
      return found
    })
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; sizeBytes: number }, void, undefined> {
    checkPrefix(prefix)
    try {
      yield* listFiles(this.#root, prefix)
    } catch (error) {
      throw explained(error, this.url)
    }
  }

  async close(): Promise<void> {}

  async *#pieces(key: string, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#open(key)
    let have = 0
    try {
      for await (const piece of piecesOf(file)) {
        have += piece.length
        yield piece
      }
    } catch (error) {
      throw explained(error, this.url)
    } finally {
      await file.close()
    }
    if (have !== sizeBytes) throw objectShort(this.url, key, sizeBytes, have)
  }

  /** Whether it is the same content; it may be another's, and not on disk yet. */
  async #holds(key: string, sha256: Uint8Array): Promise<boolean> {
    if ((await this.head(key)) === null) return false
    return this.#opened(key, async (file) => {
      const hash = createHash('sha256')
      for await (const piece of piecesOf(file)) hash.update(piece)
      await file.sync()
      return hash.digest().equals(sha256)
    })
  }

  async #opened<Result>(key: string, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
    const file = await this.#open(key)
    try {
      return await this.#explaining(() => work(file))
    } finally {
      await file.close()
    }
  }

  async #open(key: string): Promise<FileHandle> {
    const file = await this.#explaining(() => absentIsNull(open(this.#pathOf(key))))
    if (file === null) throw objectMissing(this.url, key)
    return file
  }

  #pathOf(key: string): string {
    checkKey(key)
    return join(this.#root, key)
  }

  async #explaining<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw explained(error, this.url)
    }
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafeSlow(PIECE_BYTES),
      0,
      PIECE_BYTES,
      position,
    )
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
