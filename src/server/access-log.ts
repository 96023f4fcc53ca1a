import type { FastifyInstance } from 'fastify'
import { redactSecrets } from '../text/redact.ts'
import type { OutcomeCounts } from './batch-result.ts'
import type { ServerLog } from './server-log.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What became of its events. */
    outcomes: OutcomeCounts | null
  }
}

/** A line for each request: who, what, and how it went; no query, no header, no body. */
export function logRequests(app: FastifyInstance, log: ServerLog): void {
  app.decorateRequest('outcomes', null)
  app.addHook('onResponse', (request, reply, done) => {
    log.info('request', {
      request: request.id,
      from: request.ip,
      token: request.access?.tokenId,
      method: request.method,
      // somebody may have put his token there
      path: redactSecrets(request.url.split('?', 1)[0] as string),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...request.outcomes,
    })
    done()
  })
}
