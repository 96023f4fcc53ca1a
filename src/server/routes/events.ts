import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EventError } from '../../event/assemble.ts'
import { readEvent } from '../../event/read-event.ts'
import { formatUuid } from '../../event/uuid.ts'
import { HttpError } from '../http-error.ts'
import type { IngestOutcome } from '../group-commit.ts'
import { readBody } from '../read-body.ts'
import type { ServerParts } from '../server-parts.ts'

const STATUS: Readonly<Record<IngestOutcome, number>> = { stored: 200, duplicate: 409, conflict: 422 }

/** `POST /events`. */
export function eventsRoutes(app: FastifyInstance, parts: ServerParts): void {
  void app.register((scope, _, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, next) => next(null))
    scope.post('/events', (request, reply) => receive(parts, request, reply))
    done()
  })
}

async function receive(parts: ServerParts, request: FastifyRequest, reply: FastifyReply): Promise<object> {
  const text = await readBody(request.raw, parts.limits.bodyBytes)
  try {
    const event = readEvent(text, { receivedAt: Date.now(), strict: parts.strict })
    parts.check(event)
    if (request.access?.services.includes(event.service) !== true) {
      throw new HttpError(
        403,
        'DEMETRA_TOKEN_SERVICE',
        `This token may not send events of '${event.service}'`,
      )
    }
    const [outcome = 'stored'] = await parts.ingest.submit([event])
    void reply.code(STATUS[outcome])
    return { id: formatUuid(event.id), status: STATUS[outcome], outcome }
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    const code = `DEMETRA_${error.code.replaceAll('-', '_').toUpperCase()}` as const
    throw new HttpError(400, code, error.message)
  }
}
