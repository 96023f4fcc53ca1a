export const ROWS = 100_000

export interface FoldedRow {
  events: number
  attempts: number
  last: Date
  country: string
}

/** A report of 100,000 rows, the same for every way to read. */
export function foldInto(
  rows: Map<number, FoldedRow>,
  aggregate: string,
  createdAt: Date,
  payload: { attempt?: number; country?: string },
): void {
  const key = Number(aggregate.slice('payment/'.length)) % ROWS
  let row = rows.get(key)
  if (row === undefined) {
    row = { events: 0, attempts: 0, last: createdAt, country: '' }
    rows.set(key, row)
  }
  row.events += 1
  row.attempts += payload.attempt as number
  row.last = createdAt
  row.country = payload.country as string
}

/** What two folds of the same events agree on. */
export function summary(rows: Map<number, FoldedRow>): { rows: number; events: number; attempts: number } {
  let events = 0
  let attempts = 0
  for (const row of rows.values()) {
    events += row.events
    attempts += row.attempts
  }
  return { rows: rows.size, events, attempts }
}
