import type { EventStore } from '../../../src/event-store/event-store.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { createAuthenticator } from '../../../src/server/authenticate.ts'
import { TokenLookUps } from '../../../src/server/token-look-ups.ts'
import { drawToken, formatToken, hashSecret } from '../../../src/token/token.ts'
import { temporaryFolder } from '../../cli/demetra.ts'
import { runningServer, type TestServer } from '../running-server.ts'

export interface PageServer extends TestServer {
  /** Opens the page, and how it is revoked. */
  reader: { id: string; token: string }
  /** Sends events of core, and reads nothing. */
  sender: { id: string; token: string }
}

/** A server whose tokens are those of its store, as `demetra serve` has it. */
export async function pageServer(
  change: (store: EventStore) => EventStore = (store) => store,
): Promise<PageServer> {
  const folder = temporaryFolder()
  const store = change(await openEventStore(`sqlite:${folder.path}/events.db`))
  const create = async (services: string[], read: boolean) => {
    const drawn = drawToken()
    await store.tokens.add({ id: drawn.id, hash: hashSecret(drawn.secret), services, read, note: null })
    return { id: drawn.id, token: formatToken(drawn) }
  }
  const [reader, sender] = [await create([], true), await create(['core'], false)]
  const tokens = new TokenLookUps(store.tokens)
  const server = await runningServer({ store, tokens, authenticator: createAuthenticator(tokens) })
  return {
    ...server,
    reader,
    sender,
    stop: async () => {
      await server.stop()
      folder[Symbol.dispose]()
    },
  }
}
