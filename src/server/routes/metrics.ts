import type { FastifyInstance } from 'fastify'
import { gauge } from '../metrics/metric.ts'
import { processMetrics } from '../metrics/process-metrics.ts'
import { reportMetrics } from '../metrics/report-metrics.ts'
import { requestMetrics } from '../metrics/request-metrics.ts'
import { storeMetrics } from '../metrics/store-metrics.ts'
import type { ServerParts } from '../server-parts.ts'

type MetricsParts = Pick<ServerParts, 'store' | 'reportStore' | 'ingest' | 'limits' | 'version'>

/** `GET /metrics`, for Prometheus. To be called before all other routes: it counts what they answer. */
export function metricsRoutes(app: FastifyInstance, parts: MetricsParts): void {
  const requests = requestMetrics(app)
  const ofStore = storeMetrics(parts.store)
  const ofReports = reportMetrics(parts.store, parts.reportStore)

  app.get('/metrics', { config: { access: 'read' } }, async (_request, reply) => {
    const [store, reports] = await Promise.all([ofStore(), ofReports()])
    void reply.type('text/plain; version=0.0.4; charset=utf-8')
    const own = requests.map((metric) => metric.text()).join('')
    return own + parts.ingest.metrics.text() + queue(parts) + store + reports + processMetrics(parts.version)
  })
}

function queue({ ingest, limits }: MetricsParts): string {
  return (
    gauge('demetra_queue_events', 'Events taken and not yet stored.', ingest.waitingEvents) +
    gauge('demetra_queue_limit_events', 'Where requests are answered with 503.', limits.waitingEvents)
  )
}
