import { DemetraError, EXIT } from '../errors.ts'
import { FORMAT_VERSION, type Block, type Manifest } from './manifest.ts'

/** What lies in the archive is not what was written. `block`: of the segment, where one can be told. */
export function damagedSegment({ number, key, blocks }: Manifest, what: string, block?: Block): DemetraError {
  const n = block === undefined ? 0 : blocks.indexOf(block) + 1
  const where =
    block === undefined ? '' : `block ${n} of ${blocks.length}, ${block.length} bytes at ${block.offset}: `
  return new DemetraError(`Segment ${number} (${key}) is damaged: ${where}${what}`, {
    code: 'DEMETRA_SEGMENT_DAMAGED',
    exitCode: EXIT.failed,
    hints: ['`demetra verify --deep` reads every block of the archive and tells all that is wrong'],
    context: {
      segment: number,
      key,
      ...(block === undefined ? {} : { block: n, byteOffset: block.offset }),
    },
  })
}

/** `what` is as in `manifests/00000042.json`. */
export function damagedJson(key: string, what: string, cause?: unknown): DemetraError {
  return new DemetraError(`${key} in the archive is damaged: ${what}`, {
    code: 'DEMETRA_MANIFEST_DAMAGED',
    exitCode: EXIT.failed,
    hints: ['`demetra verify --deep` reads all of the archive and tells all that is wrong'],
    context: { key },
    cause,
  })
}

export function newerFormat(key: string, found: number): DemetraError {
  return new DemetraError(
    `${key} in the archive has format ${found}, this Demetra knows up to ${FORMAT_VERSION}`,
    {
      code: 'DEMETRA_ARCHIVE_NEWER',
      exitCode: EXIT.failed,
      hints: ['Use the newer Demetra that wrote it: `npm install demetra@latest`'],
      context: { key, found, known: FORMAT_VERSION },
    },
  )
}
