import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Random } from './random.ts'
import type { Request } from './request.ts'

/** So that a damaged one is known to be damaged. */
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

interface Packed {
  what: string
  /** Of `Content-Encoding`; null: none. */
  encoding: string | null
  bytes: Buffer
  certainty: Request['certainty']
}

/** The body as it goes over the wire: mostly as it is, packed, or packed wrongly. */
export function pack(random: Random, body: Buffer, bombBytes: number): Packed {
  if (random.chance(0.75)) {
    const encoding = random.pick([null, null, null, 'identity'])
    return { what: 'plain', encoding, bytes: body, certainty: 'exact' }
  }
  const encoding = random.pick(['gzip', 'zstd'] as const)
  const compress = (bytes: Buffer): Buffer =>
    encoding === 'gzip' ? gzipSync(bytes, { level: 1 }) : zstdCompressSync(bytes, CHECKED)
  const packed = compress(body)
  const as = (
    what: string,
    bytes: Buffer,
    certainty: Request['certainty'],
    said: string = encoding,
  ): Packed => ({
    what: `${encoding} ${what}`,
    encoding: said,
    bytes,
    certainty,
  })
  switch (random.below(14)) {
    case 0: {
      const cut = random.below(body.length + 1)
      const parts = [body.subarray(0, cut), body.subarray(cut)].map(compress)
      return as('in two', Buffer.concat(parts), 'exact')
    }
    case 1:
      return as('cut short', packed.subarray(0, random.below(packed.length)), 'none')
    case 2:
      return as('and more', Buffer.concat([packed, Buffer.from(random.hex(1 + random.below(40)))]), 'none')
    case 3: {
      const bytes = Buffer.from(packed)
      bytes[random.below(bytes.length)] = random.below(256)
      return as('damaged', bytes, 'may')
    }
    case 4:
      return as('said of what is not packed', body, 'none')
    case 5:
      return as('said of the other', packed, 'none', encoding === 'gzip' ? 'zstd' : 'gzip')
    case 6:
      return as('twice', compress(packed), 'none')
    case 7:
      return as('twice, and said', compress(packed), 'none', `${encoding}, ${encoding}`)
    case 8:
      return as('as deflate', deflateSync(body), 'none', random.pick(['deflate', 'br', 'compress', 'x', '*']))
    case 9:
      return as('not said', packed, 'none', 'identity')
    case 10:
      return random.chance(0.9)
        ? as('in capitals', packed, 'exact', encoding.toUpperCase())
        : as('a bomb', compress(Buffer.alloc(bombBytes, random.pick(['\n', '{', ' ', 'x']))), 'none')
    default:
      return as('', packed, 'exact')
  }
}
