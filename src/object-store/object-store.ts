/**
 * Port: where the archive lies. Adapters: directory.ts and s3.ts. The contract suite
 * test/contracts/object-store.contract.ts holds each adapter to the guarantees written here.
 *
 * 1. An object is there whole or not at all, and once there it never changes: nothing here overwrites or deletes.
 * 2. `created` and `same` mean that the object survives `kill -9` and the loss of power.
 * 3. Every request has a deadline. What may pass by itself (busy, a reset, no answer) is tried again, with growing
 *    pauses, until that deadline; then it is an error.
 * 4. Keys are relative paths: parts of letters, digits, `.`, `_`, `-`, `=`, none of which begins with a dot, with `/`
 *    between them. Another key is a bug of the caller.
 * 5. Nothing is opened or made before the first call.
 *
 * Errors: DemetraError, with what to do. DEMETRA_ARCHIVE_UNREACHABLE: exit 10. A disk that is full: exit 5. Rights,
 * credentials, a bucket that is not there, an object that is not there or not whole: exit 1.
 */
export interface ObjectStore {
  /** As given, secrets left out. */
  readonly url: string

  /**
   * Writes an object where there is none. A body that does not match its SHA-256 is refused, and nothing is stored.
   *
   * - `created`: it is there with exactly these bytes.
   * - `same`: an object of this size and SHA-256 was there already, perhaps our own, when an answer was lost.
   * - `different`: other content lies under the key; nothing was changed.
   *
   * @param body the content, in pieces; they are left as they are, and must not change until the call is over
   * @param sha256 of the whole content, 32 bytes
   */
  create(
    key: string,
    body: readonly Uint8Array[],
    sha256: Uint8Array,
  ): Promise<'created' | 'same' | 'different'>

  /** Null: no such object. `version` tells it from another one that takes its place, where a store has a mark for that. */
  head(key: string): Promise<{ sizeBytes: number; version?: string | undefined } | null>

  /**
   * The whole object as it was written, in pieces, never far ahead of the caller; to be read at once, since a
   * connection waits. What is cut short or changed on the way is an error, at the latest after the last piece: until
   * the end nothing is proved. Null: no such object.
   *
   * @param version as `head` told it: an error where another object is there by now
   */
  read(key: string, version?: string): Promise<AsyncIterable<Uint8Array> | null>

  /**
   * Exactly `lengthBytes` (at least 1) from `offset` on, by one request. Changed bytes are for the caller to find.
   *
   * @throws DemetraError DEMETRA_ARCHIVE_OBJECT, exit 1, where the object is shorter, or not there
   */
  readRange(key: string, offset: number, lengthBytes: number): Promise<Uint8Array>

  /**
   * The objects whose keys begin with `prefix` (empty, or ending in `/`), by key. Dear where there are many: only to
   * verify, and when the catalogue is lost.
   */
  list(prefix: string): AsyncIterable<{ key: string; sizeBytes: number }>

  /** Calls that are under way fail. */
  close(): Promise<void>
}
