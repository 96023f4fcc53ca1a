import type { FastifyInstance } from 'fastify'
import { formatEventLine } from '../../event/event-line.ts'
import { parseUuid } from '../../event/uuid.ts'
import { HttpError } from '../http-error.ts'
import type { ServerParts } from '../server-parts.ts'

/** `GET /events/ID`: one event, live or archived, as `show --json` has it. */
export function eventRoutes(app: FastifyInstance, parts: ServerParts): void {
  app.get<{ Params: { id: string } }>('/events/:id', async (request, reply) => {
    const id = parseUuid(request.params.id)
    if (id === null) throw new HttpError(400, 'DEMETRA_ID', 'The id of an event is a UUID')
    const found = await parts.eventLog.find(id)
    const { access } = request
    // what a token may not read is not told apart from what is not there
    const mayRead =
      found !== null && (access?.read === true || access?.services.includes(found.event.service))
    if (!mayRead) {
      throw new HttpError(404, 'DEMETRA_NO_EVENT', 'There is no event of this id that the token may read')
    }
    const { event, archived } = found
    const place = archived === null ? null : { segment: archived.segment, key: archived.key }
    void reply.type('application/json; charset=utf-8')
    // as text: the payload comes as it went in
    return `{"event":${formatEventLine(event, true)},"archived":${JSON.stringify(place)}}`
  })
}
