import { afterAll } from 'vitest'
import { postgresHere } from '../../servers/find-postgres.ts'
import { REPORT_STORES, type ReportStoreServer } from '../../support/report-stores.ts'

let servers: Promise<ReportStoreServer[]> | undefined
afterAll(async () => {
  for (const server of (await servers) ?? []) await server.stop()
})

/** Two fresh databases for reports: in SQLite, and in PostgreSQL where there is one. */
export async function reportUrls(): Promise<[string, string]> {
  servers ??= startServers()
  const [first, second] = await Promise.all((await servers).map((server) => server.create()))
  return [first ?? '', second ?? '']
}

async function startServers(): Promise<ReportStoreServer[]> {
  const names = ['SQLite', (await postgresHere()) === null ? 'SQLite' : 'PostgreSQL']
  return Promise.all(
    names
      .flatMap((wanted) => REPORT_STORES.filter(({ name }) => name === wanted))
      .map((kind) => kind.start()),
  )
}
