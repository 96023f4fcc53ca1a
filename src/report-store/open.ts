import { DemetraError, EXIT } from '../errors.ts'
import { redactUrl } from '../text/redact.ts'
import type { ReportStore } from './report-store.ts'

export interface OpenReportStoreOptions {
  /** Milliseconds since 1970; for leases, where no server has a clock. Default Date.now. */
  now?: () => number
}

/**
 * `sqlite:PATH`, `postgres://USER@HOST/DATABASE` or `mongodb://HOST/DATABASE`. Opens nothing yet; a wrong URL is a usage
 * error (exit 2).
 */
export async function openReportStore(
  url: string,
  options: OpenReportStoreOptions = {},
): Promise<ReportStore> {
  if (/^postgres(?:ql)?:\/\/[^/?#]*\/[^/?#]/u.test(url) && URL.canParse(url)) {
    const { PostgresReportStore } = await import('./postgres.ts')
    return new PostgresReportStore(url)
  }
  if (/^mongodb(?:\+srv)?:\/\/[^/?#]+\/[^/?#]/u.test(url)) {
    const { MongoReportStore } = await import('./mongodb.ts')
    return new MongoReportStore(url)
  }
  const path = /^sqlite:(.+)$/su.exec(url)?.[1]
  if (path === undefined) {
    throw new DemetraError(
      `Cannot open the report store '${redactUrl(url)}': expected sqlite:PATH, postgres://USER@HOST/DATABASE or mongodb://HOST/DATABASE`,
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
