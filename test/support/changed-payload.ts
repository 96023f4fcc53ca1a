import { randomUUID } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { plainLine } from './events.ts'

/** At such a level, what repeats nothing stands in zstd as it is. */
const READABLE_AND_CHECKED = { [constants.ZSTD_c_compressionLevel]: -7, [constants.ZSTD_c_checksumFlag]: 1 }

const packers = {
  gzip: (text: string) => gzipSync(text, { level: 0 }),
  zstd: (text: string) => zstdCompressSync(text, { params: READABLE_AND_CHECKED }),
}
const START = '"key":"'

/** Events, packed: `whole`, and `changed` in one byte of a payload, of which the checksum alone tells. */
export function packedAndChanged(encoding: 'gzip' | 'zstd', events: number) {
  const lines = Array.from({ length: events }, (_, n) => `${plainLine(n, { key: randomUUID() })}\n`)
  const whole = packers[encoding](lines.join(''))
  const changed = Buffer.from(whole)
  const at = changed.indexOf(START) + START.length
  if (at < 2 * START.length) throw new Error('the packed text cannot be read')
  changed[at] = changed[at] === 0x30 ? 0x31 : 0x30
  return { whole, changed }
}
