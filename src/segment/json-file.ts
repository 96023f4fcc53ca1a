import { crc32 } from 'node:zlib'
import { damagedJson, newerFormat } from './segment-error.ts'
import { FORMAT_VERSION } from './manifest.ts'

type Members = Record<string, unknown>

/** The text of one of the archive's JSON objects: `version` first, and last a CRC-32 of what stands before it. */
export function formatJsonFile(members: Members): string {
  const content = { version: FORMAT_VERSION, ...members }
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) })}\n`
}

/**
 * Reads it back. Blanks do not matter, and members that this Demetra does not know are let be.
 *
 * @param key named in errors
 * @throws DemetraError DEMETRA_ARCHIVE_NEWER, DEMETRA_MANIFEST_DAMAGED
 */
export function parseJsonFile(key: string, text: string): JsonReader {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damagedJson(key, `it is no JSON: ${(error as Error).message}`, error)
  }
  const file = new JsonReader(key, value)
  const version = file.count('version')
  if (version > FORMAT_VERSION) throw newerFormat(key, version)
  const { checksum, ...content } = value as Members
  const expected = checksumOf(content)
  if (checksum !== expected)
    throw damagedJson(key, `its checksum is ${String(checksum)}, of its content it would be ${expected}`)
  return file
}

function checksumOf(content: Members): string {
  return hex32(crc32(JSON.stringify(content)))
}

/** 8 digits. */
export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** The members of an object by what they have to be; throws DEMETRA_MANIFEST_DAMAGED naming the one that is not. */
export class JsonReader {
  readonly #key: string
  readonly #members: Members

  constructor(key: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw damagedJson(key, 'expected an object')
    this.#key = key
    this.#members = value as Members
  }

  text(name: string): string {
    const value = this.#members[name]
    return typeof value === 'string' ? value : this.wrong(name, 'a text')
  }

  /** A whole number, 0 or more. */
  count(name: string): number {
    const value = this.#members[name]
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.wrong(name, 'a whole number')
  }

  /** Bytes in hexadecimal. */
  bytes(name: string, length: number): Uint8Array {
    const text = this.text(name)
    return text.length === length * 2 && /^[0-9a-f]*$/.test(text)
      ? new Uint8Array(Buffer.from(text, 'hex'))
      : this.wrong(name, `${length * 2} hexadecimal digits`)
  }

  /** What `read` makes of the text; null: it cannot. */
  parsed<Value>(name: string, read: (text: string) => Value | null, expected: string): Value {
    return read(this.text(name)) ?? this.wrong(name, expected)
  }

  object(name: string): JsonReader {
    return new JsonReader(this.#key, this.#members[name])
  }

  list(name: string): JsonReader[] {
    const value = this.#members[name]
    if (!Array.isArray(value)) return this.wrong(name, 'a list')
    return value.map((item) => new JsonReader(this.#key, item))
  }

  wrong(name: string, expected: string): never {
    throw damagedJson(this.#key, `${name} is not ${expected}`)
  }
}
