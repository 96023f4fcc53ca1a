import { createHash } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import { redactUrl } from '../text/redact.ts'
import { checkKey, checkPrefix } from './object-key.ts'
import { bodyMismatch, objectChanged, objectMissing, objectShort } from './object-errors.ts'
import type { ObjectStore } from './object-store.ts'
import { isMissing, isOutOfRange, isPassing, isPreconditionFailed, isWrongDigest } from './s3/errors.ts'
import { explained } from './s3/explained.ts'
import type { S3Location } from './s3/location.ts'
import { patiently, S3_TIMING, type S3Timing } from './s3/patiently.ts'
import { isOfParts, readPieces } from './s3/read-pieces.ts'
import { S3Requests, type S3Body } from './s3/requests.ts'

/** A list has at most a thousand keys, with some hundred bytes of XML for each. */
const LIST_BYTES = 500_000

/** Objects in a bucket of S3, or of a server that speaks as S3 does. */
export class S3ObjectStore implements ObjectStore {
  readonly url: string
  readonly #location: S3Location
  /** Before each key; empty, or ending in a slash. */
  readonly #prefix: string
  readonly #timing: S3Timing
  readonly #requests: S3Requests
  readonly #closing = new AbortController()

  constructor(location: S3Location, timing: Partial<S3Timing> = {}) {
    this.url = redactUrl(location.url)
    this.#location = location
    this.#prefix = location.path.replace(/([^/])\/*$/u, '$1/')
    this.#timing = { ...S3_TIMING, ...timing }
    this.#requests = new S3Requests(location, this.#timing)
  }

  async create(
    key: string,
    body: readonly Uint8Array[],
    sha256: Uint8Array,
  ): Promise<'created' | 'same' | 'different'> {
    checkKey(key)
    const sizeBytes = body.reduce((sum, piece) => sum + piece.length, 0)
    const isCreated = await this.#ask(sizeBytes, async (signal) => {
      try {
        await this.#requests.put(this.#prefix + key, body, sizeBytes, sha256, signal)
        return true
      } catch (error) {
        if (isPreconditionFailed(error)) return false
        // changed on the way it may be sent again
        if (isWrongDigest(error) && !digestOf(body).equals(sha256)) throw bodyMismatch(this.url, key)
        throw error
      }
    })
    if (isCreated) return 'created'
    return (await this.#holds(key, sizeBytes, sha256)) ? 'same' : 'different'
  }

  async head(key: string): Promise<{ sizeBytes: number; version: string | undefined } | null> {
    const found = await this.#head(key)
    return found === null ? null : { sizeBytes: found.sizeBytes, version: found.etag }
  }

  async read(key: string, version?: string): Promise<AsyncIterable<Uint8Array> | null> {
    const whole = await this.#ask(0, async (signal) => {
      try {
        return await this.#requests.get(this.#prefix + key, version, signal)
      } catch (error) {
        if (isMissing(error)) return null
        if (isPreconditionFailed(error)) throw objectChanged(this.url, key)
        throw error
      }
    })
    return whole === null ? null : this.#pieces(key, whole)
  }

  async readRange(key: string, offset: number, lengthBytes: number): Promise<Uint8Array> {
    const endBytes = offset + lengthBytes
    const found = await this.#ask(lengthBytes, async (signal) => {
      const range = await this.#range(key, `bytes=${offset}-${endBytes - 1}`, signal)
      if (range === null) return null
      addAbortSignal(signal, range.body)
      if (range.sizeBytes >= endBytes) return collect(range.body, lengthBytes)
      range.body.destroy()
      throw objectShort(this.url, key, endBytes, range.sizeBytes)
    })
    if (found !== null) return found
    throw objectShort(this.url, key, endBytes, (await this.head(key))?.sizeBytes ?? 0)
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; sizeBytes: number }, void, undefined> {
    checkPrefix(prefix)
    let token: string | undefined
    do {
      const from = token
      const found = await this.#ask(LIST_BYTES, (signal) =>
        this.#requests.list(this.#prefix + prefix, from, signal),
      )
      for (const { Key = '', Size = 0 } of found.Contents ?? []) {
        // the mark of an empty folder, as consoles leave it
        if (!Key.endsWith('/')) yield { key: Key.slice(this.#prefix.length), sizeBytes: Size }
      }
      token = found.NextContinuationToken
    } while (token !== undefined)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#requests.close()
  }

  async *#pieces(key: string, whole: S3Body): AsyncGenerator<Uint8Array, void, undefined> {
    const reopen = async (offset: number): Promise<S3Body> => {
      const rest = await this.#ask(0, (signal) => this.#range(key, `bytes=${offset}-`, signal, whole.etag))
      if (rest === null) throw objectChanged(this.url, key)
      return rest
    }
    try {
      yield* readPieces({ url: this.url, key }, whole, reopen, this.#timing.firstPauseMs)
    } catch (error) {
      throw explained(error, this.#location)
    }
  }

  /** Null: it ends before the range begins. */
  async #range(key: string, range: string, signal: AbortSignal, etag?: string): Promise<S3Body | null> {
    try {
      return await this.#requests.getRange(this.#prefix + key, range, etag, signal)
    } catch (error) {
      if (isMissing(error)) throw objectMissing(this.url, key)
      // it is another object by now
      if (isPreconditionFailed(error)) throw objectChanged(this.url, key)
      if (isOutOfRange(error)) return null
      throw error
    }
  }

  /** Whether the object that is there has this content. */
  async #holds(key: string, sizeBytes: number, sha256: Uint8Array): Promise<boolean> {
    const found = await this.#head(key)
    if (found === null) throw objectMissing(this.url, key)
    if (found.sizeBytes !== sizeBytes) return false
    const told = found.sha256
    if (told !== undefined && !isOfParts(told)) return Buffer.from(told, 'base64').equals(sha256)
    const hash = createHash('sha256')
    for await (const piece of (await this.read(key)) ?? []) hash.update(piece)
    return hash.digest().equals(sha256)
  }

  #head(
    key: string,
  ): Promise<{ sizeBytes: number; etag: string | undefined; sha256: string | undefined } | null> {
    return this.#ask(0, async (signal) => {
      try {
        const found = await this.#requests.head(this.#prefix + key, signal)
        return { sizeBytes: found.ContentLength ?? 0, etag: found.ETag, sha256: found.ChecksumSHA256 }
      } catch (error) {
        if (isPassing(error)) throw error
        // such an answer has no body, and does not tell an object that is not there from a bucket that is not there
        return await this.#whyNot(key, error, signal)
      }
    })
  }

  async #whyNot(key: string, error: unknown, signal: AbortSignal): Promise<null> {
    try {
      const { body } = await this.#requests.getRange(this.#prefix + key, 'bytes=0-0', undefined, signal)
      body.destroy()
    } catch (reason) {
      if (isMissing(reason)) return null
      throw reason
    }
    throw error
  }

  async #ask<Answer>(bytes: number, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await patiently(this.#timing, bytes, work, this.#closing.signal)
    } catch (error) {
      throw explained(error, this.#location)
    }
  }
}

async function collect(body: AsyncIterable<Uint8Array>, lengthBytes: number): Promise<Uint8Array> {
  const found = new Uint8Array(lengthBytes)
  let have = 0
  for await (const piece of body) {
    found.set(piece, have)
    have += piece.length
  }
  return found
}

function digestOf(body: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const piece of body) hash.update(piece)
  return hash.digest()
}
