import { EventError } from '../../event/assemble.ts'
import { compileDateFormat } from '../dates/date-format.ts'
import { parseTime } from '../dates/parse-time.ts'
import { openZone } from '../dates/zone.ts'
import { MAPPING_FLAGS, type MappingOptions } from './mapper.ts'

/**
 * Reads `created_at` by --date-format and --timezone, else by the common forms. Gives milliseconds since 1970,
 * throws EventError where the text does not fit, DemetraError (usage) where the flags do not.
 */
export function timeReader({ dateFormat, timezone }: MappingOptions): (text: string) => number {
  const parse =
    dateFormat === undefined ? commonTime(timezone) : compileDateFormat(dateFormat, timezone ?? null)
  return (text) => {
    const time = parse(text)
    if (typeof time === 'number') return time
    throw new EventError('invalid-time', `${MAPPING_FLAGS.createdAt}: ${time.error}`)
  }
}

function commonTime(timezone: string | undefined) {
  const zone = timezone === undefined ? null : openZone(timezone)
  return (text: string) => parseTime(text, zone)
}
