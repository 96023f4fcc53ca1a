import type { Document } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import { idsAbove, type Query, timestamp } from './reading.ts'
import { BY_POSITION, BY_TYPE } from './schema.ts'

/** How the log is read. Both plans give (position, id) order from an index, without sorting. */
export interface ReadPlan {
  /** The next events in (from, upTo]. */
  query(from: LogPoint, upTo: bigint, limit: number): Query
  /** Reads over unwanted events: goes ahead in slices of the log, so that no query is long. */
  scans: boolean
}

/**
 * More types than these are no longer merged: their index has to be entered once for each at every batch, which costs
 * as much as reading over nine unwanted events for each wanted one. Beyond 200 the server would sort in memory.
 */
const MERGED_TYPES = 100

const IN_ORDER = { position: 1, _id: 1 }

/**
 * A few types: their ranges in the index by type, merged by the server. All, or many: the index by position.
 *
 * @param types null: all
 */
export function planRead(types: readonly string[] | null): ReadPlan {
  const wanted = types === null ? {} : { 'meta.type': { $in: types } }
  const merges = types !== null && types.length <= MERGED_TYPES
  const hint = merges ? BY_TYPE.name : BY_POSITION.name
  return {
    scans: types !== null && !merges,
    query: (from, upTo, limit) => ({
      filter: { ...wanted, ...range(from, upTo) },
      sort: IN_ORDER,
      hint,
      limit,
    }),
  }
}

/**
 * Positions as one range, and beside it what is left out at its beginning: with the two as alternatives the server
 * would sort in memory. The range is also what makes a partial index serve.
 */
export function range(from: LogPoint, upTo: bigint): Document {
  const above = { $gte: timestamp(from.position), $lte: timestamp(upTo) }
  return {
    position: above,
    $or: [{ position: { $gt: above.$gte } }, { _id: idsAbove(from.id) }],
  }
}

/** Unwanted events are read over by the hundred thousand: a few hundred ms of the server, some seconds from disk. */
const SLICE_EVENTS = 100_000

/** Where the next slice of the log ends, whole positions: from the index alone, as only a plain range is. */
export function sliceEnd(from: LogPoint, upTo: bigint): Query {
  return {
    filter: { position: { $gte: timestamp(from.position), $lte: timestamp(upTo) } },
    sort: IN_ORDER,
    projection: { _id: 1, position: 1 },
    hint: BY_POSITION.name,
    skip: SLICE_EVENTS,
    limit: 1,
  }
}
