import type { Facts, ReportFact } from '../../../src/server/page/facts.ts'

export const AT = '2026-11-24T18:51:07.000Z'

/** A time so long before the facts. */
export function ago(ms: number): string {
  return new Date(Date.parse(AT) - ms).toISOString()
}

/** What is told of a store in which all is well. */
export function factsWith(own: Partial<Facts> = {}, status: Partial<Facts['status']> = {}): Facts {
  return {
    at: AT,
    minutes: [{ minuteMs: Date.parse('2026-11-24T18:51:00Z'), events: 3 }],
    reports: [report()],
    reportStoreFailure: null,
    ...own,
    status: {
      store: {
        url: 'sqlite:/x/demetra.db',
        storeId: '4e1ad4a0-5f3a-4b3c-9c40-90e3f1a1a111',
        events: 3,
        sizeBytes: 45_056,
        newestPosition: 1n,
        newestPositionAt: ago(3000),
      },
      types: [{ type: 'paid', events: 3, firstDay: '2026-11-24', lastDay: '2026-11-24' }],
      days: [{ day: '2026-11-24', type: 'paid', events: 3 }],
      archive: {
        segments: 0,
        events: 0,
        gzipBytes: 0,
        textBytes: 0,
        from: null,
        to: null,
        moved: [],
        unfinished: [],
      },
      unfinishedImports: [],
      locks: [],
      backfills: [],
      readers: [],
      ...status,
    },
  }
}

export function report(own: Partial<ReportFact> = {}): ReportFact {
  return {
    name: 'sales',
    generation: 1,
    version: 1,
    shown: 12,
    waiting: {},
    readTo: ago(3000),
    lagMs: 0,
    stale: [],
    heldBy: null,
    unreadSince: null,
    ...own,
  }
}

const HOUR_MS = 3_600_000

/** What was left half done, and nobody is at it. */
export function cutOff(): Partial<Facts['status']> {
  const { archive } = factsWith().status
  return {
    archive: {
      ...archive,
      unfinished: [{ number: 43, state: 'committed', events: 120, changedAt: ago(2 * HOUR_MS) }],
    },
    unfinishedImports: [
      {
        importId: 'b6d1f1a8-54a1-4a8e-8d0b-0d2c8c8f4a11',
        source: '/data/core.csv',
        startedAt: ago(3 * HOUR_MS),
        updatedAt: ago(2 * HOUR_MS),
        records: 1000,
        written: 990,
        rejected: 10,
        heldBy: null,
      },
    ],
  }
}
