import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../authenticate.ts'
import { batchResult, countOutcomes } from '../batch-result.ts'
import { bodyForm, type BodyForm } from '../body-form.ts'
import { BytesInHand, type HeldBytes } from '../bytes-in-hand.ts'
import { cloudEventToLine, readStructured, type CloudEventParts } from '../cloud-event.ts'
import { readBinary } from '../cloud-event-headers.ts'
import type { EventResult } from '../event-schema.ts'
import { EventError } from '../../event/assemble.ts'
import { isUtf8 } from 'node:buffer'
import { RateLimit } from '../rate-limit.ts'
import { discardRest, wholeBody } from '../read-body.ts'
import { receiveBatch } from '../receive-batch.ts'
import { Receiver, type SentEvent } from '../receiver.ts'
import type { ServerParts } from '../server-parts.ts'

/** `POST /events`: one event or a batch, in Demetra's own form or as CloudEvents. */
export function eventsRoutes(app: FastifyInstance, parts: ServerParts): void {
  const { limits } = parts
  const bytesInHand = new BytesInHand(limits.bytesInHand)
  const rateLimit = new RateLimit(limits.eventsPerSecond)

  const receive = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const access = request.access as Access
    const receiver = new Receiver(parts, access)
    const held = bytesInHand.hold()
    try {
      const form = bodyForm(request.headers)
      rateLimit.check(access.tokenId)
      const isBatch = form === 'ndjson' || form === 'cloudevents-batch'
      if (isBatch) await receiveBatch(request.raw, receiver, form, limits, held)
      else await receiveOne(request, receiver, form, held)
      rateLimit.take(access.tokenId, receiver.results.length)
      request.outcomes = countOutcomes(receiver.results)
      const { status, body } = isBatch ? batchResult(receiver.results) : one(receiver.results)
      const retryAfter = receiver.failure?.retryAfterSeconds
      if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
      void reply.code(status)
      return body
    } finally {
      held.release()
      discardRest(request.raw)
    }
  }

  const receiveOne = async (
    request: FastifyRequest,
    receiver: Receiver,
    form: Exclude<BodyForm, 'ndjson' | 'cloudevents-batch'>,
    held: HeldBytes,
  ): Promise<void> => {
    receiver.add(sentEvent(form, await wholeBody(request.raw, limits, held), request))
    await receiver.flush()
  }

  void app.register((scope, _, done) => {
    // bodies are read here, as they come
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, next) => next(null))
    scope.post('/events', receive)
    done()
  })
}

function sentEvent(
  form: 'event' | 'structured' | 'binary',
  body: Buffer,
  request: FastifyRequest,
): SentEvent {
  if (form === 'binary') {
    const read = (): CloudEventParts => readBinary(request.headers, body)
    return {
      form: 'cloudevent',
      line: () => cloudEventToLine(read()),
      given: () => Object.fromEntries(read().attributes),
    }
  }
  const text = (): string => {
    if (!isUtf8(body)) throw new EventError('invalid-utf8', 'the body is not valid UTF-8')
    return body.toString('utf8')
  }
  const given = (): unknown => JSON.parse(text())
  if (form === 'event') return { form: 'event', line: text, given }
  return { form: 'cloudevent', line: () => cloudEventToLine(readStructured(text())), given }
}

function one([result]: readonly EventResult[]): { status: number; body: object } {
  if (result === undefined) throw new Error('an event without a result')
  return { status: result.status, body: result }
}
