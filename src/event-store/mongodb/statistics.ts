import { MaxKey, MinKey } from 'mongodb'
import type { StoreStatistics } from '../event-store.ts'
import { DAYS_SHOWN, dayText, EventCounts } from '../event-counts.ts'
import { addRows, toRows } from './counts.ts'
import type { Database } from './database.ts'
import { countPending } from './pending-call.ts'
import type { CountsDocument, WriterDocument } from './schema.ts'

type Totals = Pick<CountsDocument, '_id' | 'events' | 'first' | 'last' | 'folded'>

/** From counters alone: of the writers that are at work, and what others have left. */
export async function readStatistics(database: Database): Promise<StoreStatistics> {
  // the writers first: one that goes over in between is then told by the rows that contain it
  const writers = await database.repeat(() =>
    database.collection<WriterDocument>('demetra_writers').find().toArray(),
  )
  const totals = await database.repeat(() =>
    database
      .collection<CountsDocument>('demetra_counts')
      .find({}, { projection: { days: 0 } })
      .toArray(),
  )
  const atWork = await countsOf(database, writers, totals)
  const days = await newestDays(database, atWork, totals)
  const types = addTypes(atWork.types(), totals)
  return {
    events: types.reduce((sum, { events }) => sum + events, 0),
    types,
    days,
    sizeBytes: await sizeOf(database),
  }
}

/** What the writers have counted that is not among the totals yet. */
async function countsOf(
  database: Database,
  writers: readonly WriterDocument[],
  totals: readonly Totals[],
): Promise<EventCounts> {
  const key = (type: string, year: number): string => `${year} ${type}`
  const rows = new Map(totals.map(({ _id, folded }) => [key(_id.type, _id.year), new Set(folded)]))
  const counts = new EventCounts()
  const pendings = await Promise.all(
    writers.map(async ({ pending }) => (pending === undefined ? null : countPending(database, pending))),
  )
  for (const [i, { _id, counts: counted }] of writers.entries()) {
    const own = new EventCounts()
    addRows(own, counted)
    const pending = pendings[i] ?? null
    if (pending !== null) own.addAll(pending)
    addRows(
      counts,
      toRows(own).filter(({ type, year }) => rows.get(key(type, year))?.has(_id) !== true),
    )
  }
  return counts
}

/** Year by year from the newest, until there are enough. */
async function newestDays(
  database: Database,
  atWork: EventCounts,
  totals: readonly Totals[],
): Promise<StoreStatistics['days']> {
  const counts = new EventCounts()
  counts.addAll(atWork)
  const years = [...new Set(totals.map(({ _id }) => _id.year))].toSorted((a, b) => b - a)
  for (const year of years) {
    const shown = counts.newestDays(DAYS_SHOWN)
    if (shown.length === DAYS_SHOWN && (shown.at(-1)?.day ?? '') > `${year}-12-31`) break
    const rows = await database.repeat(() =>
      database
        .collection<CountsDocument>('demetra_counts')
        .find({
          _id: { $gte: { year, type: new MinKey() } as never, $lte: { year, type: new MaxKey() } as never },
        })
        .toArray(),
    )
    addRows(
      counts,
      rows.map(({ _id, days }) => ({ ..._id, days })),
    )
  }
  return counts.newestDays(DAYS_SHOWN)
}

function addTypes(atWork: StoreStatistics['types'], totals: readonly Totals[]): StoreStatistics['types'] {
  const types = new Map(atWork.map((row) => [row.type, row]))
  for (const { _id, events, first, last } of totals) {
    const [firstDay, lastDay] = [dayText(first), dayText(last)]
    const row = types.get(_id.type)
    types.set(_id.type, {
      type: _id.type,
      events: events + (row?.events ?? 0),
      firstDay: row !== undefined && row.firstDay < firstDay ? row.firstDay : firstDay,
      lastDay: row !== undefined && row.lastDay > lastDay ? row.lastDay : lastDay,
    })
  }
  return [...types.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1))
}

async function sizeOf(database: Database): Promise<number> {
  const stats = await database.repeat(() => database.db.command({ dbStats: 1 }))
  return Number(stats['storageSize']) + Number(stats['indexSize'])
}
