import { positionAt, positionTimeMs } from '../event/position.ts'

/** The root of an archive: whose it is, in which format. */
export const ARCHIVE_ROOT_KEY = 'archive.json'

const DIGITS = 8

/** The UTC month of a position, as in `2016-01`. */
export function monthOf(position: bigint): string {
  return new Date(positionTimeMs(position)).toISOString().slice(0, 'yyyy-mm'.length)
}

/** The first position of the month after that of `position`. */
export function nextMonth(position: bigint): bigint {
  const time = new Date(positionTimeMs(position))
  return positionAt(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1))
}

/** Where a segment lies: its folder says the month of all its positions. */
export function segmentKey(number: number, month: string): string {
  return `events/month=${month}/${digits(number)}.ndjson.gz`
}

export function manifestKey(number: number): string {
  return `manifests/${digits(number)}.json`
}

/** Of the segment whose object or manifest has this key; null: it is neither. */
export function numberInKey(key: string): number | null {
  const [, segment, manifest] =
    /^(?:events\/month=\d{4}-\d\d\/(\d{8,})\.ndjson\.gz|manifests\/(\d{8,})\.json)$/u.exec(key) ?? []
  const found = segment ?? manifest
  return found === undefined ? null : Number(found)
}

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0')
}
