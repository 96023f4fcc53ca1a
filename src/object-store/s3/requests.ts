import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import type { S3Location } from './location.ts'
import type { S3Timing } from './patiently.ts'

/** The bytes of an object, and what is known of it. */
export interface S3Body {
  /** From `offset` on. */
  body: Readable
  /** Of the whole object; NaN where the server does not say. */
  sizeBytes: number
  etag: string | undefined
  /** Of the whole object, in base64; undefined where it was written without. */
  sha256: string | undefined
}

const ignore = (): void => {}

/** The requests that Demetra makes at S3: one try each, broken off when the signal is aborted. */
export class S3Requests {
  readonly #bucket: string
  readonly #client: S3Client

  constructor({ bucket, region, endpoint, forcePathStyle }: S3Location, timing: S3Timing) {
    this.#bucket = bucket
    // a server of one's own mostly has the one that AWS began with
    const usedRegion = region ?? (endpoint && (process.env['AWS_REGION'] || 'us-east-1'))
    this.#client = new S3Client({
      ...(usedRegion && { region: usedRegion }),
      ...(endpoint && { endpoint }),
      forcePathStyle,
      // what the answer to a second try means only the caller knows
      maxAttempts: 1,
      // it warns of what is not tried again by itself
      logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: Math.min(timing.stallMs, timing.noConnectionMs),
        socketTimeout: timing.stallMs,
      },
    })
  }

  /** Create-only; the server compares the SHA-256. */
  async put(
    key: string,
    body: readonly Uint8Array[],
    sizeBytes: number,
    sha256: Uint8Array,
    abortSignal: AbortSignal,
  ): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: Readable.from(body),
      ContentLength: sizeBytes,
      ChecksumSHA256: Buffer.from(sha256).toString('base64'),
      IfNoneMatch: '*',
    })
    await this.#client.send(command, { abortSignal })
  }

  head(key: string, abortSignal: AbortSignal): Promise<HeadObjectCommandOutput> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key, ChecksumMode: 'ENABLED' })
    return this.#client.send(command, { abortSignal })
  }

  /** The SDK compares checksums, where there are any: only of a whole object, and at its end. `etag` as in `getRange`. */
  async get(key: string, etag: string | undefined, abortSignal: AbortSignal): Promise<S3Body> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ChecksumMode: 'ENABLED',
      IfMatch: etag,
    })
    const found = await this.#client.send(command, { abortSignal })
    return bodyOf(found, found.ContentLength)
  }

  /** `range` as HTTP has it. With an ETag: an error where it is another object by now. */
  async getRange(
    key: string,
    range: string,
    etag: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<S3Body> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range: range, IfMatch: etag })
    const found = await this.#client.send(command, { abortSignal })
    return bodyOf(found, Number(/\/(\d+)$/u.exec(found.ContentRange ?? '')?.[1]))
  }

  /** At most a thousand. */
  list(
    prefix: string,
    token: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<ListObjectsV2CommandOutput> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      ContinuationToken: token,
    })
    return this.#client.send(command, { abortSignal })
  }

  close(): void {
    this.#client.destroy()
  }
}

function bodyOf(found: GetObjectCommandOutput, sizeBytes = Number.NaN): S3Body {
  const body = found.Body as Readable
  // it may break before anybody reads it; who reads it is told then
  body.on('error', ignore)
  return {
    body,
    sizeBytes,
    etag: found.ETag,
    sha256: found.ChecksumSHA256,
  }
}
