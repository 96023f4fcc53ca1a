import { DemetraError, EXIT } from '../errors.ts'
import type { Readable } from 'node:stream'
import type { ByteInput } from './byte-input.ts'
import { openInput } from './open-input.ts'
import { compressionOf, decompress, MAGIC_BYTES } from './compression.ts'
import { DecodeFault, type Compression } from './decoder.ts'
import type { SourceSpec } from './globs.ts'

export { expandSources, type SourceSpec } from './globs.ts'
export type { Compression } from './decoder.ts'

/** The first read is small: it tells the compression, and compressed bytes are read in small pieces. */
const FIRST_READ_BYTES = 64 * 1024
const PLAIN_READ_BYTES = 512 * 1024

/** One file or stream that is imported, opened. */
export interface Source {
  readonly name: string
  /** Absolute; null for what is no file. */
  readonly path: string | null
  /** As it is stored, compressed as it may be; null for a pipe. */
  readonly sizeBytes: number | null
  readonly compression: Compression
  /** Of `sizeBytes`, read so far: what progress shows. */
  readonly bytesRead: number
  /** The first `bytes` decompressed bytes, fewer only where the source has fewer; `chunks` still has them. */
  head(bytes: number): Promise<Buffer>
  /**
   * The decompressed bytes from `fromByte` on (default 0: all), once, in chunks of some 64 KiB to 512 KiB,
   * never ahead of the caller. Damaged compression: all that can be decoded, then DemetraError (exit 4)
   * DEMETRA_SOURCE_TRUNCATED or DEMETRA_SOURCE_CORRUPT. Stopping early closes the source.
   */
  chunks(fromByte?: number): AsyncIterable<Buffer>
  close(): Promise<void>
}

/**
 * Opens a source. `stdin` is read where the path is null, until `signal` is aborted: then reading throws its
 * reason. Throws DemetraError (exit 4).
 */
export async function openSource(
  spec: SourceSpec,
  stdin: () => Readable = () => process.stdin,
  signal?: AbortSignal,
): Promise<Source> {
  const input = await openInput(spec, stdin, signal)
  try {
    return new OpenSource(spec, input, await firstBytes(input))
  } catch (error) {
    await input.close()
    throw error
  }
}

class OpenSource implements Source {
  readonly name: string
  readonly path: string | null
  readonly compression: Compression
  readonly #input: ByteInput
  readonly #decoded: AsyncGenerator<Buffer, void, undefined>
  /** Decoded by `head`, not yet handed out by `chunks`. */
  readonly #waiting: Buffer[] = []
  #failure: { error: unknown } | undefined

  constructor(spec: SourceSpec, input: ByteInput, first: Buffer) {
    this.name = spec.name
    this.path = spec.path
    this.#input = input
    this.compression = compressionOf(first)
    this.#decoded =
      this.compression === 'none' ? plain(first, input) : decompress(this.compression, first, input)
  }

  get sizeBytes(): number | null {
    return this.#input.sizeBytes
  }

  get bytesRead(): number {
    return this.#input.bytesRead
  }

  async head(bytes: number): Promise<Buffer> {
    let have = this.#waiting.reduce((sum, chunk) => sum + chunk.length, 0)
    while (have < bytes && this.#failure === undefined) {
      try {
        const { done, value } = await this.#decoded.next()
        if (done === true) break
        this.#waiting.push(value)
        have += value.length
      } catch (error) {
        this.#failure = { error }
      }
    }
    const head = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting)
    return (head ?? Buffer.alloc(0)).subarray(0, bytes)
  }

  async *chunks(fromByte = 0): AsyncGenerator<Buffer, void, undefined> {
    try {
      if (fromByte > 0 && this.compression === 'none' && this.#input.seekable) {
        this.#input.restart(fromByte)
        yield* plain(Buffer.alloc(0), this.#input)
        return
      }
      let toSkip = fromByte
      for await (const chunk of this.#all()) {
        if (toSkip < chunk.length) yield toSkip === 0 ? chunk : chunk.subarray(toSkip)
        toSkip = Math.max(toSkip - chunk.length, 0)
      }
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    await this.#decoded.return()
    await this.#input.close()
  }

  async *#all(): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#waiting.splice(0)
    if (this.#failure !== undefined) throw this.#translate(this.#failure.error)
    try {
      yield* this.#decoded
    } catch (error) {
      throw this.#translate(error)
    }
  }

  #translate(error: unknown): unknown {
    return error instanceof DecodeFault ? damagedError(this.name, this.compression, error) : error
  }
}

async function* plain(first: Buffer, input: ByteInput): AsyncGenerator<Buffer, void, undefined> {
  for (let chunk: Buffer | null = first; chunk !== null; chunk = await input.read(PLAIN_READ_BYTES)) {
    if (chunk.length > 0) yield chunk
  }
}

/** Enough to tell the compression, also where a pipe gives single bytes. */
async function firstBytes(input: ByteInput): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let have = 0; have < MAGIC_BYTES;) {
    const piece = await input.read(FIRST_READ_BYTES)
    if (piece === null) break
    pieces.push(piece)
    have += piece.length
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}

function damagedError(name: string, compression: Compression, fault: DecodeFault): DemetraError {
  const { truncated, inputOffset } = fault
  const what = truncated
    ? `${name} is cut short: its ${compression} data stops at byte ${inputOffset}, before its end mark`
    : `${name} is damaged: its ${compression} data cannot be decoded from byte ${inputOffset} on (${fault.message})`
  return new DemetraError(`${what}; what could be decoded before that was read`, {
    code: truncated ? 'DEMETRA_SOURCE_TRUNCATED' : 'DEMETRA_SOURCE_CORRUPT',
    exitCode: EXIT.inputMissing,
    hints: [
      `See how far it is whole: \`${compression} --test '${name}'\``,
      truncated
        ? 'Get the file again and repeat the command; what is stored already will count as duplicate or skipped'
        : 'Get the file again and repeat the command: what was read whole will count as duplicate, what the damage changed as conflict',
    ],
    context: { source: name, byteOffset: inputOffset },
    cause: fault,
  })
}
