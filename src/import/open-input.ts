import { fstatSync, type Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { ByteInput } from './byte-input.ts'
import { openObjectInput } from './object-input.ts'
import { changedError, directoryError, missingError, unreadableError, type SourceSpec } from './globs.ts'

/** Throws DemetraError (exit 4) where the file or object is not there, is a directory or may not be read. */
export async function openInput(
  spec: SourceSpec,
  stdin: () => Readable,
  signal: AbortSignal | undefined,
): Promise<ByteInput> {
  if (spec.url !== undefined) return openObjectInput(spec.name, spec.url, signal)
  if (spec.path === null) return new StreamInput(spec.name, stdin(), signal)
  let file: FileHandle | undefined
  try {
    file = await open(spec.path)
    const stat = await file.stat()
    if (stat.isDirectory()) throw directoryError(spec.name)
    return new FileInput(spec.name, file, stat)
  } catch (error) {
    await file?.close()
    throw translate(spec.name, error)
  }
}

class FileInput implements ByteInput {
  readonly sizeBytes: number | null
  readonly #name: string
  readonly #file: FileHandle
  readonly #opened: Stats
  #position = 0
  #closed: Promise<void> | undefined

  constructor(name: string, file: FileHandle, opened: Stats) {
    this.#name = name
    this.#file = file
    this.#opened = opened
    // null for what has no positions: a named pipe, /dev/fd/63
    this.sizeBytes = opened.isFile() ? opened.size : null
  }

  get seekable(): boolean {
    return this.sizeBytes !== null
  }

  get bytesRead(): number {
    return this.#position
  }

  async read(maxBytes: number): Promise<Buffer | null> {
    const buffer = Buffer.allocUnsafeSlow(maxBytes)
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, maxBytes, this.seekable ? this.#position : null)
      this.#position += bytesRead
      return bytesRead === 0 ? null : buffer.subarray(0, bytesRead)
    } catch (error) {
      throw translate(this.#name, error)
    }
  }

  restart(byteOffset: number): void {
    this.#position = byteOffset
  }

  async checkUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#file.stat()
    if (size !== this.#opened.size || mtimeMs !== this.#opened.mtimeMs) throw changedError(this.#name)
  }

  close(): Promise<void> {
    this.#closed ??= this.#file.close()
    return this.#closed
  }
}

class StreamInput implements ByteInput {
  readonly sizeBytes: number | null
  readonly seekable = false
  bytesRead = 0
  readonly #name: string
  readonly #signal: AbortSignal | undefined
  readonly #pieces: AsyncIterator<Buffer>

  /** A stream may give nothing for hours: `signal` ends the wait, and `read` throws its reason. */
  constructor(name: string, stream: Readable, signal: AbortSignal | undefined) {
    this.#name = name
    this.#signal = signal
    this.sizeBytes = redirectedSize(stream)
    if (signal !== undefined) addAbortSignal(signal, stream)
    this.#pieces = stream[Symbol.asyncIterator]()
  }

  async read(): Promise<Buffer | null> {
    try {
      const { done, value } = await this.#pieces.next()
      if (done === true) return await this.#end()
      this.bytesRead += value.length
      return value
    } catch (error) {
      this.#signal?.throwIfAborted()
      throw translate(this.#name, error)
    }
  }

  /**
   * Ctrl-C ends what writes into the pipe as well, and the end of the pipe may be seen before the signal: two turns
   * of the event loop tell whether there is one.
   */
  async #end(): Promise<null> {
    await setImmediate()
    await setImmediate()
    this.#signal?.throwIfAborted()
    return null
  }

  restart(): void {
    throw new Error('a stream cannot be read again')
  }

  async checkUnchanged(): Promise<void> {}

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

/** `demetra import - < file` has a size, a pipe has none. */
function redirectedSize(stream: Readable & { fd?: number }): number | null {
  if (stream.fd === undefined) return null
  const stat = fstatSync(stream.fd)
  return stat.isFile() ? stat.size : null
}

function translate(name: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error
  if (error.code === 'ENOENT') return missingError(name)
  return error.code === 'EISDIR' ? directoryError(name) : unreadableError(name, error)
}
