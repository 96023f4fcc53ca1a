import { buildServer } from './app.ts'
import { createAuthenticator } from './authenticate.ts'
import { GroupCommit } from './group-commit.ts'
import type { ServerParts } from './server-parts.ts'

export interface RunningServer {
  /** `http://127.0.0.1:7777`. */
  url: string
  /** Takes no more, finishes what it has taken. */
  stop(): Promise<void>
}

/** What is not given is made from the store. */
export type StartParts = Omit<ServerParts, 'ingest' | 'authenticator'> &
  Partial<Pick<ServerParts, 'ingest' | 'authenticator'>>

export async function startServer(
  given: StartParts,
  address: { host: string; port: number },
): Promise<RunningServer> {
  const { store, limits } = given
  const app = await buildServer({
    ingest: new GroupCommit(store, limits),
    authenticator: createAuthenticator(store.tokens),
    ...given,
  })
  const url = await app.listen(address)
  return { url, stop: () => app.close() }
}
