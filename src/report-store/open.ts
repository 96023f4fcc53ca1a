import { DemetraError, EXIT } from '../errors.ts'
import type { ReportStore } from './report-store.ts'

export interface OpenReportStoreOptions {
  /** Milliseconds since 1970; for leases. Default Date.now. */
  now?: () => number
}

/** `sqlite:PATH`. Opens nothing yet; a wrong URL is a usage error (exit 2). */
export async function openReportStore(
  url: string,
  options: OpenReportStoreOptions = {},
): Promise<ReportStore> {
  const path = /^sqlite:(.+)$/su.exec(url)?.[1]
  if (path === undefined) {
    throw new DemetraError(
      `Cannot open the report store '${url.replace(/\/\/.*@/u, '//***@')}': expected sqlite:PATH`,
      {
        code: 'DEMETRA_REPORT_STORE_URL',
        exitCode: EXIT.usage,
        hints: [
          'Set `reports` in the configuration, DEMETRA_REPORTS or --reports, e.g. `--reports sqlite:reports.db`',
        ],
      },
    )
  }
  const { SqliteReportStore } = await import('./sqlite.ts')
  return new SqliteReportStore(path, options)
}
