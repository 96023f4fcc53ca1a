import { fastify, type FastifyInstance } from 'fastify'
import { checkAccess } from './access.ts'
import { answerError, HttpError } from './http-error.ts'
import { eventsRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import type { ServerParts } from './server-parts.ts'

/** The HTTP service, not yet listening. Closing it leaves the parts open: they are the caller's. */
export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { limits, log } = parts
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: { headersTimeout: limits.headersTimeoutMs },
    routerOptions: { maxParamLength: 200 },
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log))
  app.setNotFoundHandler((request) => {
    throw new HttpError(
      404,
      'DEMETRA_NOT_FOUND',
      `There is no ${request.method} ${request.url.split('?', 1)[0]}`,
    )
  })
  metricsRoutes(app, parts)
  await checkAccess(app, parts)
  healthRoutes(app, parts)
  eventsRoutes(app, parts)
  return app
}
