import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd'

/** Decompressed bytes come in Buffers of at most this size. */
const OUTPUT_BYTES = 256 * 1024

/** Compressed data that cannot be decoded further. Everything before it has been handed out. */
export class DecodeFault extends Error {
  readonly truncated: boolean
  /** Compressed bytes that were decoded before the fault. */
  readonly inputOffset: number
  /** It stands where a member or frame would begin: those before it came to their ends, and passed their checks. */
  readonly isProvenBefore: boolean

  constructor(
    message: string,
    {
      truncated,
      inputOffset,
      isProvenBefore,
    }: Pick<DecodeFault, 'truncated' | 'inputOffset' | 'isProvenBefore'>,
  ) {
    super(message)
    this.truncated = truncated
    this.inputOffset = inputOffset
    this.isProvenBefore = isProvenBefore
  }
}

/** Each costs a stream of its own, though nothing may come out of it. */
export class TooManyFrames extends Error {}

/** What zlib and zstd say of what does not begin as a member or frame does. */
function isNoBeginning({ code, message }: NodeJS.ErrnoException): boolean {
  return message === 'incorrect header check' || code === 'ZSTD_error_prefix_unknown'
}

/**
 * Decodes gzip members or zstd frames, as many as there are, by pulling: nothing is decoded before the
 * output so far was taken. Node's own streams stop without an error after the first zstd frame that ends
 * inside a piece, and drop what a failing call had already decoded; so each frame gets its own stream here,
 * and nothing is written while output waits.
 */
export class Decoder {
  readonly #compression: Exclude<Compression, 'none'>
  readonly #mostFrames: number
  #frame: Frame | undefined
  #frames = 0
  /** Compressed bytes of the frames before this one. */
  #before = 0

  constructor(compression: Exclude<Compression, 'none'>, mostFrames = Infinity) {
    this.#compression = compression
    this.#mostFrames = mostFrames
  }

  /** Yields what `piece` decodes to. Throws DecodeFault, TooManyFrames. */
  async *feed(piece: Buffer): AsyncGenerator<Buffer, void, undefined> {
    let rest = piece
    while (rest.length > 0) {
      if (this.#frame === undefined) {
        const padding = rest.findIndex((byte) => byte !== 0)
        const skipped = padding === -1 ? rest.length : padding
        this.#before += skipped
        rest = rest.subarray(skipped)
        if (rest.length === 0) return
        this.#frames += 1
        if (this.#frames > this.#mostFrames) throw new TooManyFrames()
        this.#frame = new Frame(this.#compression)
      }
      const frame = this.#frame
      const before = frame.inputBytes
      try {
        yield* frame.write(rest)
      } catch (error) {
        throw this.#fault(error)
      }
      const used = frame.inputBytes - before
      if (used === rest.length) return
      // The frame ended inside the piece: what it left belongs to the next one.
      rest = rest.subarray(used)
      this.#before += frame.inputBytes
      frame.close()
      this.#frame = undefined
    }
  }

  /** Yields what is left at the end of the input. Throws DecodeFault where the last frame is incomplete, or none came. */
  async *end(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#frames === 0) {
      throw new DecodeFault('there is no data', {
        truncated: true,
        inputOffset: this.#before,
        isProvenBefore: true,
      })
    }
    try {
      if (this.#frame !== undefined) yield* this.#frame.end()
    } catch (error) {
      throw this.#fault(error)
    }
  }

  close(): void {
    this.#frame?.close()
  }

  #fault(error: unknown): DecodeFault {
    const failure = error as NodeJS.ErrnoException
    return new DecodeFault(failure.message, {
      truncated: failure.code === 'Z_BUF_ERROR',
      inputOffset: this.#before + (this.#frame?.inputBytes ?? 0),
      isProvenBefore: isNoBeginning(failure),
    })
  }
}

/** One zlib stream, driven by hand. */
class Frame {
  ended = false
  readonly #stream: Gunzip | ZstdDecompress
  #failure: Error | undefined
  #wake: () => void = () => {}

  constructor(compression: Exclude<Compression, 'none'>) {
    const create = compression === 'gzip' ? createGunzip : createZstdDecompress
    this.#stream = create({ chunkSize: OUTPUT_BYTES })
    this.#stream.on('readable', () => this.#wake())
    this.#stream.on('end', () => {
      this.ended = true
      this.#wake()
    })
    this.#stream.on('error', (error: Error) => {
      this.#failure = error
      this.#wake()
    })
  }

  /** Compressed bytes that were decoded. */
  get inputBytes(): number {
    return this.#stream.bytesWritten
  }

  async *write(piece: Buffer): AsyncGenerator<Buffer, void, undefined> {
    let written = false
    this.#stream.write(piece, () => {
      written = true
      this.#wake()
    })
    yield* this.#drain(() => written)
  }

  async *end(): AsyncGenerator<Buffer, void, undefined> {
    this.#stream.end()
    yield* this.#drain(() => this.ended)
  }

  close(): void {
    this.#stream.destroy()
  }

  async *#drain(done: () => boolean): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const output = this.#stream.read() as Buffer | null
      if (output !== null) yield output
      else if (this.#failure !== undefined) throw this.#failure
      else if (done() || this.ended) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
