import type { FastifyInstance } from 'fastify'
import type { Access } from './authenticate.ts'
import { HttpError } from './http-error.ts'
import type { ServerParts } from './server-parts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask: everybody; any valid token (what is said if not); a token that may read everything. */
    access?: 'open' | 'token' | 'read'
  }
  interface FastifyRequest {
    /** Null only where a route is open. */
    access: Access | null
  }
}

/** Every route wants a token, but for those whose `config.access` says `open`. */
export async function checkAccess(app: FastifyInstance, parts: ServerParts): Promise<void> {
  const storeId = await parts.store.storeId()
  app.decorateRequest('access', null)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('demetra-version', parts.version)
    const { access = 'token' } = request.routeOptions.config
    if (access === 'open') return
    request.access = await parts.authenticator.check(request.headers.authorization)
    if (request.access === null) {
      void reply.header('www-authenticate', 'Bearer realm="demetra"')
      throw new HttpError(401, 'DEMETRA_TOKEN', 'No valid token came with the request', {
        hints: [
          'Send `Authorization: Bearer TOKEN`; `demetra token create --service NAME` prints a new token',
        ],
      })
    }
    void reply.header('demetra-store', storeId)
    if (access === 'read' && !request.access.read) {
      throw new HttpError(403, 'DEMETRA_TOKEN_READ', 'This token may send events, not read everything', {
        hints: ['`demetra token create --read` prints a token that may'],
      })
    }
  })
}
