/** The bytes of a source as they lie on disk, read piece by piece, never ahead of the caller. */
export interface ByteInput {
  /** On disk; null where it cannot be known (a pipe). */
  readonly sizeBytes: number | null
  /** Whether `restart` works: a regular file, an object in S3. */
  readonly seekable: boolean
  /** Read so far; `restart` sets it back. */
  readonly bytesRead: number
  /** The next piece in a Buffer of its own, at most `maxBytes` (standard input: as it comes); null at the end. */
  read(maxBytes: number): Promise<Buffer | null>
  /** The next read starts there. */
  restart(byteOffset: number): void
  /** Throws DemetraError (exit 4) DEMETRA_SOURCE_CHANGED where somebody has written it since it was opened. */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}
