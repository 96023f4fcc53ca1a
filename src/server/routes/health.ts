import type { FastifyInstance } from 'fastify'
import { RETRY_AFTER_SECONDS } from '../http-error.ts'
import type { ServerParts } from '../server-parts.ts'
import { SharedRead } from '../shared-read.ts'

/** Anybody may ask, as often as he likes. */
const POLLED = { config: { access: 'open', isPolled: true } } as const
const STORE = { freshMs: 1000, deadlineMs: 2000 }

export interface Readiness {
  ready: boolean
  /** `draining`: it finishes what it has taken, and takes no more. */
  server: 'serving' | 'draining'
  store: 'answers' | 'does not answer'
}

/**
 * `GET /health`: the process is alive; who gets no answer starts it again. `GET /ready`: it takes events now; else 503,
 * with the part that does not, and who gets that sends elsewhere.
 */
export function healthRoutes(app: FastifyInstance, { store }: Pick<ServerParts, 'store'>): void {
  const storeAnswers = new SharedRead(() => store.newestPosition(), STORE)
  let isDraining = false
  app.addHook('preClose', (done) => {
    isDraining = true
    done()
  })

  app.get('/health', POLLED, () => ({ alive: true }))
  app.get('/ready', POLLED, async (_request, reply): Promise<Readiness> => {
    const answers = 'value' in (await storeAnswers.get())
    const ready = answers && !isDraining
    if (!ready) void reply.code(503).header('retry-after', RETRY_AFTER_SECONDS)
    return {
      ready,
      server: isDraining ? 'draining' : 'serving',
      store: answers ? 'answers' : 'does not answer',
    }
  })
}
