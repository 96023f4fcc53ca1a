import type { Readable } from 'node:stream'
import type { ByteInput } from './byte-input.ts'
import { openInput } from './open-input.ts'
import { compressionOf, decompress, MAGIC_BYTES } from './compression.ts'
import { cutShort, foundDamaged, provenDamaged, type Damaged } from './damaged-source.ts'
import { DecodeFault, type Compression } from './decoder.ts'
import type { SourceSpec } from './globs.ts'
import { provePacked } from './prove-packed.ts'

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
  /** `prove` is under way, and `bytesRead` says how far it is. */
  readonly isProving: boolean
  /** The first `bytes` decompressed bytes, fewer only where the source has fewer; `chunks` still has them. */
  head(bytes: number): Promise<Buffer>
  /**
   * Reads a packed file or object once to its end, since its checksum stands there: none of its events may be taken
   * before. One that is only cut short, or has something else behind its end, passes: `chunks` tells that. What cannot be
   * read twice, a pipe, passes unread. Once it is proven, `chunks` gives nothing that somebody has written since. Throws
   * DemetraError (exit 4) DEMETRA_SOURCE_CORRUPT or, as `chunks` then, DEMETRA_SOURCE_CHANGED.
   */
  prove(onPiece: () => void | Promise<void>): Promise<void>
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
    return new OpenSource(spec, input, await firstBytes(input), signal)
  } catch (error) {
    await input.close()
    throw error
  }
}

class OpenSource implements Source {
  readonly name: string
  readonly path: string | null
  readonly compression: Compression
  isProving = false
  readonly #spec: SourceSpec
  readonly #signal: AbortSignal | undefined
  readonly #input: ByteInput
  readonly #decoded: AsyncGenerator<Buffer, void, undefined>
  /** Decoded by `head`, not yet handed out by `chunks`. */
  readonly #waiting: Buffer[] = []
  #failure: { error: unknown } | undefined
  #isProven = false

  constructor(spec: SourceSpec, input: ByteInput, first: Buffer, signal: AbortSignal | undefined) {
    this.#spec = spec
    this.#signal = signal
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

  async prove(onPiece: () => void | Promise<void>): Promise<void> {
    const { compression } = this
    if (compression === 'none' || !this.#input.seekable) return
    const readTo = this.#input.bytesRead
    this.isProving = true
    try {
      await provePacked(compression, this.#input, this.#signal, onPiece)
    } catch (fault) {
      if (!(fault instanceof DecodeFault)) throw fault
      await this.#input.checkUnchanged()
      if (!fault.truncated && !fault.isProvenBefore) throw provenDamaged(this.#damaged(fault))
    } finally {
      this.isProving = false
      this.#input.restart(readTo)
    }
    this.#isProven = true
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
        // before it is handed out: what was written since is not what was proven
        if (this.#isProven) await this.#input.checkUnchanged()
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
    if (!(error instanceof DecodeFault)) return error
    return error.truncated ? cutShort(this.#damaged(error)) : foundDamaged(this.#damaged(error))
  }

  #damaged(fault: DecodeFault): Damaged {
    return { spec: this.#spec, seekable: this.#input.seekable, compression: this.compression, fault }
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
