const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * The calendar day of a moment in a time zone, `2016-01-01`: for columns of `z.iso.date()`. The zone is a name
 * of the IANA database, `Europe/Amsterdam`, or `UTC`. Throws RangeError for an invalid date or zone.
 */
export function day(date: Date, zone: string): string {
  if (zone === 'UTC') return date.toISOString().slice(0, -14)
  let format = formats.get(zone)
  if (format === undefined) {
    // the calendar of ISO 8601 writes year, month, day, with `-` between them
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
    formats.set(zone, format)
  }
  return format.format(date).padStart(10, '0')
}
