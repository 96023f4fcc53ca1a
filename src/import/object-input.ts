import { DemetraError, EXIT } from '../errors.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { openS3Object } from '../object-store/open.ts'
import type { ByteInput } from './byte-input.ts'

/**
 * An object in S3 as a source, read as it comes; where the line breaks, the object store goes on. `signal` ends a wait,
 * and `read` throws its reason. Throws DemetraError: exit 4 where it is not there or may not be read, 10 where S3 cannot
 * be reached.
 */
export async function openObjectInput(
  name: string,
  url: string,
  signal: AbortSignal | undefined,
): Promise<ByteInput> {
  const { store, key } = await openS3Object(url)
  try {
    const found = key === '' ? null : await store.head(key)
    if (found === null) throw missingObject(name)
    return new ObjectInput(name, store, key, found, signal)
  } catch (error) {
    await store.close()
    throw translate(name, error)
  }
}

class ObjectInput implements ByteInput {
  readonly sizeBytes: number
  readonly seekable = true
  bytesRead = 0
  readonly #name: string
  readonly #store: ObjectStore
  readonly #key: string
  /** All reads are of the same object, though another one takes its place meanwhile. */
  readonly #version: string | undefined
  readonly #signal: AbortSignal | undefined
  #pieces: AsyncIterator<Uint8Array> | undefined
  /** Read, and not handed out yet. */
  #rest: Buffer = Buffer.alloc(0)
  /** Of the next bytes, so many are not wanted. */
  #skipBytes = 0

  constructor(
    name: string,
    store: ObjectStore,
    key: string,
    { sizeBytes, version }: { sizeBytes: number; version?: string | undefined },
    signal: AbortSignal | undefined,
  ) {
    this.#name = name
    this.#store = store
    this.#key = key
    this.sizeBytes = sizeBytes
    this.#version = version
    this.#signal = signal
    signal?.addEventListener('abort', this.#breakOff)
  }

  readonly #breakOff = (): void => void this.#store.close()

  async read(maxBytes: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const piece = await this.#next()
      if (piece === null) return null
      this.#rest = piece.subarray(this.#skipBytes)
      this.#skipBytes -= Math.min(this.#skipBytes, piece.length)
    }
    const piece = this.#rest.subarray(0, maxBytes)
    this.#rest = this.#rest.subarray(maxBytes)
    this.bytesRead += piece.length
    return piece
  }

  async #next(): Promise<Buffer | null> {
    try {
      this.#pieces ??= await this.#open()
      const { done, value } = await this.#pieces.next()
      return done === true ? null : Buffer.from(value.buffer, value.byteOffset, value.length)
    } catch (error) {
      this.#signal?.throwIfAborted()
      throw translate(this.#name, error)
    }
  }

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    const pieces = await this.#store.read(this.#key, this.#version)
    if (pieces === null) throw missingObject(this.#name)
    return pieces[Symbol.asyncIterator]()
  }

  restart(byteOffset: number): void {
    void this.#pieces?.return?.()
    this.#pieces = undefined
    this.#rest = Buffer.alloc(0)
    this.#skipBytes = byteOffset
    this.bytesRead = byteOffset
  }

  /** The object store tells it, whenever reading begins again. */
  async checkUnchanged(): Promise<void> {}

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#breakOff)
    await this.#store.close()
    await this.#pieces?.return?.()
  }
}

function missingObject(name: string): DemetraError {
  return new DemetraError(`There is no object ${name}`, {
    code: 'DEMETRA_SOURCE_MISSING',
    exitCode: EXIT.inputMissing,
    hints: [
      `See what is there: \`aws s3 ls '${name.slice(0, name.lastIndexOf('/') + 1)}'\`; a glob is none there`,
    ],
    context: { source: name },
  })
}

/** What an object store says of an archive, said of a source. */
function translate(name: string, error: unknown): unknown {
  if (!(error instanceof DemetraError) || error.code.startsWith('DEMETRA_SOURCE_')) return error
  if (error.exitCode === EXIT.usage) return error
  const isChanged = error.code === 'DEMETRA_ARCHIVE_OBJECT'
  return new DemetraError(`${name} cannot be read: ${error.message}`, {
    code: 'DEMETRA_SOURCE_UNREADABLE',
    exitCode: error.exitCode === EXIT.unreachable ? EXIT.unreachable : EXIT.inputMissing,
    hints: isChanged ? ['Run the same command again: it reads the object anew'] : error.hints,
    context: { source: name },
    cause: error,
  })
}
