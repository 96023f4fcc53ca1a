import { DemetraError, EXIT } from '../errors.ts'
import { buildServer } from './app.ts'
import { createAuthenticator } from './authenticate.ts'
import { Connections } from './connections.ts'
import { GroupCommit, type IngestCounts } from './group-commit.ts'
import { toHttpError } from './http-error.ts'
import type { ServerParts } from './server-parts.ts'
import { TokenLookUps } from './token-look-ups.ts'

export interface RunningServer {
  /** `http://127.0.0.1:7777`. */
  url: string
  /** Takes no more connections, answers what it has taken, and tells what it stored. */
  stop(): Promise<IngestCounts>
}

/** What is not given is made from the store. */
export type StartParts = Omit<ServerParts, Made> & Partial<Pick<ServerParts, Made>>
type Made = 'ingest' | 'tokens' | 'authenticator'

const CLOSE_IDLE_MS = 500

interface Address {
  host: string
  port: number
}

/** Throws DemetraError where it cannot listen there: DEMETRA_PORT_IN_USE, DEMETRA_PORT_NOT_ALLOWED, DEMETRA_HOST. */
export async function startServer(given: StartParts, address: Address): Promise<RunningServer> {
  const { store, limits, log } = given
  const ingest =
    given.ingest ??
    new GroupCommit(store, limits, {
      onFailure: (error, events) => {
        const { message, code } = toHttpError(error)
        const stack = code === 'DEMETRA_BUG' && error instanceof Error ? { stack: error.stack } : {}
        log.error(message, { code, events, ...stack })
      },
    })
  const tokens = given.tokens ?? new TokenLookUps(store.tokens)
  const authenticator = given.authenticator ?? createAuthenticator(tokens)
  const app = await buildServer({ ...given, ingest, tokens, authenticator })
  const connections = new Connections(app.server)
  const url = await app.listen(address).catch((error: unknown) => {
    throw cannotListen(error as NodeJS.ErrnoException, address)
  })
  log.info('listening', { url })
  return {
    url,
    stop: async () => {
      log.info('stopping: what was taken is answered first; a second signal ends it at once')
      const cutOff = setTimeout(() => app.server.closeAllConnections(), limits.stopTimeoutMs)
      // those of which nothing has come have had their time by the first look
      const closeIdle = setInterval(() => connections.closeIdle(), CLOSE_IDLE_MS)
      await app.close()
      clearTimeout(cutOff)
      clearInterval(closeIdle)
      return ingest.counts
    },
  }
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: Address): unknown {
  const context = { host, port }
  if (error.code === 'EADDRINUSE') {
    return new DemetraError(`Port ${port} of ${host} is in use by another process`, {
      code: 'DEMETRA_PORT_IN_USE',
      exitCode: EXIT.failed,
      hints: [
        `\`demetra serve --port ${port === 65_535 ? 7777 : port + 1}\` takes another; \`--port 0\` any that is free`,
      ],
      context,
    })
  }
  if (error.code === 'EACCES') {
    return new DemetraError(`This user may not listen on port ${port} of ${host}`, {
      code: 'DEMETRA_PORT_NOT_ALLOWED',
      exitCode: EXIT.failed,
      hints: ['Ports below 1024 are for root: `demetra serve --port 7777`, with a proxy before it'],
      context,
    })
  }
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(error.code ?? '')) {
    return new DemetraError(`${host} is no address of this machine`, {
      code: 'DEMETRA_HOST',
      exitCode: EXIT.usage,
      hints: ['`demetra serve --host 127.0.0.1` listens for this machine alone, `--host 0.0.0.0` for all'],
      context,
    })
  }
  return error
}
