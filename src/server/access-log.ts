import type { FastifyInstance } from 'fastify'
import type { OutcomeCounts } from './batch-result.ts'
import { redactSecrets } from '../text/redact.ts'
import type { ServerLog } from './server-log.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** It is asked every few seconds: only what goes wrong is worth a line. */
    isPolled?: true
  }
  interface FastifyRequest {
    /** What became of its events. */
    outcomes: OutcomeCounts | null
  }
}

/** A line for each request, but for a look at what is polled that went well: who, what, and how it went; no query, no header, no body. */
export function logRequests(app: FastifyInstance, log: ServerLog): void {
  app.decorateRequest('outcomes', null)
  app.addHook('onResponse', (request, reply, done) => {
    if (request.routeOptions.config.isPolled === true && reply.statusCode < 400) return done()
    log.info('request', {
      request: request.id,
      from: request.ip,
      token: request.access?.tokenId,
      method: request.method,
      path: shownPath(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...request.outcomes,
    })
    done()
  })
}

/** Without the query, and without a token that somebody put there. */
export function shownPath(url: string): string {
  return redactSecrets(url.split('?', 1)[0] as string)
}
