import { fastify, type FastifyInstance } from 'fastify'
import { checkAccess } from './access.ts'
import { logRequests, shownPath } from './access-log.ts'
import { answerClientErrors } from './client-error.ts'
import { answerError, HttpError } from './http-error.ts'
import { eventRoutes } from './routes/event.ts'
import { eventsRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { openapiRoutes } from './routes/openapi.ts'
import { statusPageRoutes } from './routes/status-page.ts'
import type { ServerParts } from './server-parts.ts'

/** How often it is looked which requests take too long. */
const CHECK_TIMEOUTS_MS = 5000

/** The HTTP service, not yet listening. Closing it leaves the parts open: they are the caller's. */
export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { limits, log } = parts
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: CHECK_TIMEOUTS_MS },
    routerOptions: { maxParamLength: 200 },
    // Fastify's own words would tell the query again
    frameworkErrors: ({ statusCode = 400 }, request, reply) => {
      const message = 'The path of the request is too long, or cannot be read'
      answerError(new HttpError(statusCode, 'DEMETRA_REQUEST', message), request, reply, log)
    },
    // what still comes in is taken; its connection is closed then
    return503OnClosing: false,
  })
  app.server.maxConnections = limits.connections
  closeWhenStopping(app)
  answerClientErrors(app.server, log)
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log))
  app.setNotFoundHandler((request) => {
    const path = shownPath(request.url)
    throw new HttpError(404, 'DEMETRA_NOT_FOUND', `There is no ${request.method} ${path}`)
  })
  metricsRoutes(app, parts)
  await checkAccess(app, parts)
  logRequests(app, log)
  healthRoutes(app, parts)
  eventsRoutes(app, parts)
  eventRoutes(app, parts)
  openapiRoutes(app, parts)
  statusPageRoutes(app, parts)
  return app
}

/** A connection that is kept would hold up the stop. */
function closeWhenStopping(app: FastifyInstance): void {
  let stopping = false
  app.addHook('preClose', (done) => {
    stopping = true
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) void reply.header('connection', 'close')
    done()
  })
}
