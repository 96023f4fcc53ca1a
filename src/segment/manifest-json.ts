import type { LogPoint } from '../event/event.ts'
import { parsePosition } from '../event/position.ts'
import { formatUuid, parseUuid } from '../event/uuid.ts'
import { formatJsonFile, hex32, parseJsonFile, type JsonReader } from './json-file.ts'
import type { Manifest } from './manifest.ts'

/** A manifest as it stands in the archive: positions as decimal strings, bytes in hexadecimal. */
export function formatManifest(manifest: Manifest): string {
  const { number, key, first, last, events, types, textBytes, gzipBytes } = manifest
  return formatJsonFile({
    number,
    key,
    first: pointToJson(first),
    last: pointToJson(last),
    events,
    types,
    textBytes,
    gzipBytes,
    sha256: hex(manifest.sha256),
    idsXor: hex(manifest.idsXor),
    digestsXor: hex(manifest.digestsXor),
    blocks: manifest.blocks.map((block) => ({
      ...block,
      crc32: hex32(block.crc32),
      position: String(block.position),
    })),
  })
}

/**
 * @param key of the manifest's object, named in errors
 * @throws DemetraError DEMETRA_ARCHIVE_NEWER, DEMETRA_MANIFEST_DAMAGED
 */
export function parseManifest(key: string, text: string): Manifest {
  const file = parseJsonFile(key, text)
  return {
    number: file.count('number'),
    key: file.text('key'),
    first: readPoint(file.object('first')),
    last: readPoint(file.object('last')),
    events: file.count('events'),
    idsXor: file.bytes('idsXor', 16),
    digestsXor: file.bytes('digestsXor', 16),
    types: file.list('types').map((each) => ({ type: each.text('type'), events: each.count('events') })),
    textBytes: file.count('textBytes'),
    gzipBytes: file.count('gzipBytes'),
    sha256: file.bytes('sha256', 32),
    blocks: file.list('blocks').map((block) => ({
      offset: block.count('offset'),
      length: block.count('length'),
      textBytes: block.count('textBytes'),
      events: block.count('events'),
      crc32: Buffer.from(block.bytes('crc32', 4)).readUInt32BE(),
      position: readPosition(block),
    })),
  }
}

function pointToJson({ position, id }: LogPoint): { position: string; id: string } {
  return { position: String(position), id: formatUuid(id) }
}

function readPoint(point: JsonReader): LogPoint {
  return { position: readPosition(point), id: point.parsed('id', parseUuid, 'a UUID') }
}

function readPosition(of: JsonReader): bigint {
  return of.parsed('position', parsePosition, 'a position')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
