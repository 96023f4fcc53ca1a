import { createRequire } from 'node:module'
import type * as polyfill from 'temporal-polyfill'
import { DemetraError, EXIT } from '../../errors.ts'

export const DAY_MS = 86_400_000

/** A time zone, as far as reading local times needs it. */
export interface Zone {
  readonly name: string
  /**
   * The instant, in ms since 1970, of a local time, given as the ms that it would be in UTC. A time that a
   * change of the clocks skipped moves on by the gap; of one that came twice the first is taken (Temporal's
   * and RFC 5545's "compatible").
   */
  toInstant(localMs: number): number
}

const OFFSET = /^([+-])(\d\d):?(\d\d)$/
const zones = new Map<string, Zone>()

/**
 * `Europe/Amsterdam`, `UTC`, `+02:00`: an IANA name or a fixed offset. Throws DemetraError (exit 2) for any
 * other, with names that look like it.
 */
export function openZone(name: string): Zone {
  let zone = zones.get(name)
  if (zone === undefined) zones.set(name, (zone = createZone(name)))
  return zone
}

function createZone(name: string): Zone {
  if (/^(utc|z|gmt)$/i.test(name)) return fixedZone(name, 0)
  const offset = OFFSET.exec(name)
  if (offset !== null) {
    const [hours, minutes] = [Number(offset[2]), Number(offset[3])]
    if (hours > 23 || minutes > 59) throw unknownZone(name)
    return fixedZone(name, (offset[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000)
  }
  if (!isKnown(name)) throw unknownZone(name)
  return new NamedZone(name)
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function fixedZone(name: string, offsetMs: number): Zone {
  return { name, toInstant: (localMs) => localMs - offsetMs }
}

/** Days whose offset is kept: 60 years, about 1 MB. */
const MAX_DAYS = 22_000

/**
 * Asks Temporal once a day, not once a value: on a day without a change of the clocks the offset is kept. On
 * a day with one, each value is resolved on its own.
 */
class NamedZone implements Zone {
  readonly name: string
  readonly #temporal: typeof polyfill.Temporal
  readonly #offsets = new Map<number, number>()
  #day = Number.NaN
  /** Of `#day`; NaN on a day with a change. */
  #offsetMs = Number.NaN

  constructor(name: string) {
    this.name = name
    // Loaded here and not above: 15 ms that only those pay who read local times. Synchronous, for callers are.
    const load = createRequire(import.meta.url)
    this.#temporal = (load('temporal-polyfill') as typeof polyfill).Temporal
  }

  toInstant(localMs: number): number {
    const day = Math.floor(localMs / DAY_MS)
    if (day !== this.#day) {
      this.#day = day
      this.#offsetMs = this.#offsetOfDay(day)
    }
    return Number.isNaN(this.#offsetMs) ? this.#resolve(localMs) : localMs - this.#offsetMs
  }

  #offsetOfDay(day: number): number {
    let offset = this.#offsets.get(day)
    if (offset === undefined) {
      if (this.#offsets.size >= MAX_DAYS) this.#offsets.clear()
      this.#offsets.set(day, (offset = this.#findOffset(day * DAY_MS)))
    }
    return offset
  }

  /** The one offset of all local times of a day, or NaN. No zone is further than 16 hours from UTC. */
  #findOffset(dayMs: number): number {
    const around = [-16, 0, 12, 24, 40].map((hours) => this.#offsetAt(dayMs + hours * 3_600_000))
    const first = this.#offsetAt(dayMs - Math.max(...around))
    const last = this.#offsetAt(dayMs + DAY_MS - Math.min(...around))
    return first === last ? first : Number.NaN
  }

  #offsetAt(instantMs: number): number {
    const instant = this.#temporal.Instant.fromEpochMilliseconds(instantMs)
    return instant.toZonedDateTimeISO(this.name).offsetNanoseconds / 1e6
  }

  #resolve(localMs: number): number {
    const utc = this.#temporal.Instant.fromEpochMilliseconds(localMs).toZonedDateTimeISO('UTC')
    const zoned = utc.toPlainDateTime().toZonedDateTime(this.name, { disambiguation: 'compatible' })
    return zoned.epochMilliseconds
  }
}

function unknownZone(name: string): DemetraError {
  const wanted = name
    .split('/')
    .at(-1)
    ?.toLowerCase()
    .replaceAll(/[^a-z]+/g, '')
  const similar = Intl.supportedValuesOf('timeZone').filter((known) => {
    const city = known
      .slice(known.lastIndexOf('/') + 1)
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, '')
    return wanted !== undefined && wanted.length > 2 && (city.includes(wanted) || wanted.includes(city))
  })
  return new DemetraError(
    `There is no time zone ${JSON.stringify(name)}; expected an IANA name, UTC or an offset such as +02:00`,
    {
      code: 'DEMETRA_TIMEZONE_UNKNOWN',
      exitCode: EXIT.usage,
      hints:
        similar.length > 0
          ? [`Did you mean ${similar.slice(0, 3).join(' or ')}?`]
          : ['For example `--timezone Europe/Amsterdam`'],
      context: { timezone: name },
    },
  )
}
