import { buildServer } from './app.ts'
import { GroupCommit } from './group-commit.ts'
import type { ServerParts } from './server-parts.ts'

export interface RunningServer {
  /** `http://127.0.0.1:7777`. */
  url: string
  /** Takes no more, finishes what it has taken. */
  stop(): Promise<void>
}

export async function startServer(
  given: Omit<ServerParts, 'ingest'>,
  address: { host: string; port: number },
): Promise<RunningServer> {
  const app = await buildServer({ ...given, ingest: new GroupCommit(given.store, given.limits) })
  const url = await app.listen(address)
  return { url, stop: () => app.close() }
}
