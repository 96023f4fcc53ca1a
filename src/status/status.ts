import { positionTimeMs } from '../event/position.ts'
import { formatTime } from '../event/time.ts'
import type { EventStore, StoreStatistics } from '../event-store/event-store.ts'
import { importLease } from '../import/import-lock.ts'
import { readState } from '../import/saved-import.ts'
import type { ReportStatus, ReportStore } from '../report-store/report-store.ts'
import { archiveStatus, type ArchiveStatus } from './archive-status.ts'

export interface Status {
  store: {
    url: string
    storeId: string
    events: number
    sizeBytes: number
    newestPosition: bigint
    /** RFC 3339; null for an empty store. */
    newestPositionAt: string | null
  }
  types: StoreStatistics['types']
  days: StoreStatistics['days']
  archive: ArchiveStatus
  reports: ReportLine[]
  unfinishedImports: ImportLine[]
  locks: { name: string; owner: string; expiresAt: string }[]
  backfills: { number: number; importId: string; running: boolean }[]
  readers: { reportStore: string; name: string; generation: number; heardAt: string }[]
}

export interface ReportLine {
  name: string
  generation: number
  version: number
  shown: number
  waiting: Readonly<Record<string, number>>
  /** RFC 3339, of its checkpoint; null: it has read nothing yet. */
  readTo: string | null
  /** Milliseconds of the log between its checkpoint and the newest event; 0: it is up to date. */
  lagMs: number
  stale: string[]
  heldBy: string | null
}

export interface ImportLine {
  importId: string
  source: string
  startedAt: string
  updatedAt: string
  records: number
  written: number
  rejected: number
  /** The run that is at it; null: it was interrupted. */
  heldBy: string | null
}

const IMPORTS = 100

/** What the store holds and who works with it; from counters and small tables, nothing is scanned. */
export async function readStatus(store: EventStore, reportStore: Pick<ReportStore, 'list'>): Promise<Status> {
  const [statistics, catalogue, newest, imports, locks, readers, backfills, reports, storeId] =
    await Promise.all([
      store.statistics(),
      store.catalogue.segments(),
      store.newestPosition(),
      store.imports.list(IMPORTS),
      store.leases.list(),
      store.readers.list(),
      store.backfills.since(0),
      reportStore.list(),
      store.storeId(),
    ])
  return {
    store: {
      url: store.url,
      storeId,
      events: statistics.events,
      sizeBytes: statistics.sizeBytes,
      newestPosition: newest,
      newestPositionAt: newest === 0n ? null : formatTime(positionTimeMs(newest)),
    },
    types: statistics.types,
    days: statistics.days,
    archive: archiveStatus(catalogue.segments),
    reports: reports.map((report) => reportLine(report, newest)),
    unfinishedImports: imports
      .filter(({ status }) => status === 'running')
      .map((saved) => {
        const { cursor } = readState(saved)
        return {
          importId: saved.importId,
          source: saved.source,
          startedAt: formatTime(saved.startedAt),
          updatedAt: formatTime(saved.updatedAt),
          records: cursor.records,
          written: saved.written,
          rejected: cursor.rejected,
          heldBy: locks.find(({ name }) => name === importLease(saved.fingerprint))?.owner ?? null,
        }
      }),
    locks: locks.map(({ name, owner, expiresAt }) => ({ name, owner, expiresAt: formatTime(expiresAt) })),
    backfills: backfills
      .filter(({ running }) => running)
      .map(({ number, importId, running }) => ({ number, importId, running })),
    readers: readers.map(({ reportStore: url, name, generation, heardAt }) => ({
      reportStore: url,
      name,
      generation,
      heardAt: formatTime(heardAt),
    })),
  }
}

export function reportLine(report: ReportStatus, newest: bigint): ReportLine {
  const { checkpoint } = report
  const readToMs = checkpoint === null ? null : positionTimeMs(checkpoint.position)
  const behind = checkpoint === null ? newest > 0n : checkpoint.position < newest
  return {
    name: report.name,
    generation: report.generation,
    version: report.version,
    shown: report.shown,
    waiting: report.waiting,
    readTo: readToMs === null ? null : formatTime(readToMs),
    lagMs: behind ? Math.max(1, positionTimeMs(newest) - (readToMs ?? 0)) : 0,
    stale: report.stale.map(({ message }) => message),
    heldBy: report.heldBy?.owner ?? null,
  }
}
