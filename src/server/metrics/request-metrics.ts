import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Counter, Histogram, type Metric } from './metric.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const OUTCOMES = ['stored', 'duplicate', 'conflict', 'refused', 'failed']

/** What an answer tells of one event, or of a request as a whole. */
interface Told {
  outcome?: string
  error?: { code?: string }
}

/**
 * Counts every request, and what the answers tell: an event counts as what its sender was told that became of it.
 * Labels hold nothing that a client can choose, so that their number has an end.
 */
export function requestMetrics(app: FastifyInstance): Metric[] {
  const requests = new Counter('demetra_http_requests_total', 'Requests answered, by route and status.')
  const durations = new Histogram(
    'demetra_http_request_duration_seconds',
    'From the first byte of a request to the last of its answer, by route.',
    SECONDS,
  )
  const events = new Counter(
    'demetra_events_total',
    'Events received, by what their sender was told; failed: the store could not take them, and they will come again.',
    OUTCOMES.map((outcome) => ({ outcome })),
  )
  const refusals = new Counter(
    'demetra_refusals_total',
    'Requests, and events of batches, that were answered with an error, by its code.',
  )

  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request)
    const method = METHODS.has(request.method) ? request.method : 'other'
    requests.add({ route, method, status: String(reply.statusCode) })
    durations.observe(reply.elapsedTime / 1000, { route })
    done()
  })
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    const { results = [payload] } = payload as { results?: unknown[] }
    for (const { outcome, error } of results as Told[]) {
      if (outcome !== undefined && routeOf(request) === '/events') events.add({ outcome })
      if (error?.code !== undefined) refusals.add({ code: error.code })
    }
    done(null, payload)
  })
  return [requests, durations, events, refusals]
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none'
}
