import * as z from 'zod'
import {
  batchResultSchema,
  cloudEventSchema,
  errorSchema,
  eventResultSchema,
  eventSchema,
  failureSchema,
} from './event-schema.ts'
import { MEDIA_TYPES } from './body-form.ts'

const SCHEMAS = {
  Event: eventSchema,
  CloudEvent: cloudEventSchema,
  EventResult: eventResultSchema,
  BatchResult: batchResultSchema,
  Failure: failureSchema,
  Error: errorSchema,
} as const

type Json = Record<string, unknown>
export interface OpenapiDocument extends Json {
  paths: Record<string, Record<string, Operation>>
}
export interface Operation extends Json {
  summary: string
  description?: string
  responses: Record<string, { description: string }>
}

const ref = (name: keyof typeof SCHEMAS): Json => ({ $ref: `#/components/schemas/${name}` })

/** OpenAPI 3.1 of the service. */
export function openapiDocument(version: string): OpenapiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Demetra',
      version,
      description:
        'Takes events, at least once, and keeps each of them once. Acknowledged means stored for good.',
    },
    security: [{ token: [] }],
    paths: {
      '/events': { post: sendEvents() },
      '/events/{id}': { get: readEvent() },
      '/health': { get: open('The process runs', { 200: 'It does' }) },
      '/ready': { get: open('The store can be reached', { 200: 'It can', 503: 'It cannot for now' }) },
      '/metrics': {
        get: {
          summary: 'Figures for Prometheus',
          responses: { 200: { description: 'As text' }, ...failures(401, 403) },
        },
      },
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`demetra token create` prints one' },
      },
      schemas: schemas(),
    },
  }
}

function schemas(): Json {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id })
  const { schemas: made } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
  })
  return Object.fromEntries(
    Object.entries(made).map(([name, { $id: _, $schema: __, id: ___, ...schema }]) => [name, schema]),
  )
}

function sendEvents(): Operation {
  const types = Object.entries(MEDIA_TYPES).map(([type, form]) => [type, { schema: bodySchema(form) }])
  return {
    summary: 'Send one event, or a batch',
    description:
      'Bodies may be packed with gzip or zstd; of one that is cut short or damaged nothing is taken. A CloudEvent may also come in binary mode, its attributes as `ce-` headers. ' +
      'Whatever is answered but 200 and 409 is not stored: 429 and 5xx are to be sent again, after the seconds of ' +
      'Retry-After; 400, 413 and 422 will be answered the same again. But a 400 whose error.code is ' +
      'DEMETRA_BODY_DAMAGED is packed and sent again, a few times.',
    requestBody: { required: true, content: Object.fromEntries(types) as Json },
    responses: {
      200: answer('Stored; of a batch: every event, now or before', 'EventResult', 'BatchResult'),
      207: answer('Of a batch: not every event is stored; each has its status', 'BatchResult'),
      400: answer('Refused, with everything that is wrong', 'EventResult', 'Failure'),
      409: answer('A duplicate: it was stored before', 'EventResult'),
      422: answer('A conflict: another event is stored under this id', 'EventResult'),
      ...failures(401, 403, 413, 415, 429, 500, 503),
    },
  }
}

function readEvent(): Operation {
  return {
    summary: 'Read one event, live or archived',
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
    responses: {
      200: {
        description: 'The event as `demetra show --json` has it',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                event: ref('Event'),
                archived: {
                  type: ['object', 'null'],
                  properties: { segment: { type: 'integer' }, key: { type: 'string' } },
                },
              },
            },
          },
        },
      } as { description: string },
      ...failures(400, 401, 404, 500, 503),
    },
  }
}

const FAILURES: Readonly<Record<number, string>> = {
  400: 'The request is no good',
  401: 'No valid token',
  403: 'The token is not for this',
  404: 'There is none that the token may read',
  413: 'Too large',
  415: 'A Content-Type or Content-Encoding that is not taken',
  429: 'The token has sent too many events a second',
  500: 'The store fails in a way that does not pass by itself, or a bug: the log of the server tells it',
  503: 'Not for now: the store is away or busy',
}

function failures(...statuses: number[]): Operation['responses'] {
  return Object.fromEntries(statuses.map((status) => [status, answer(FAILURES[status] as string, 'Failure')]))
}

function answer(description: string, ...names: (keyof typeof SCHEMAS)[]): { description: string } {
  const [first, ...others] = names.map(ref)
  const schema = others.length === 0 ? first : { anyOf: [first, ...others] }
  return { description, content: { 'application/json': { schema } } } as { description: string }
}

function bodySchema(form: (typeof MEDIA_TYPES)[string]): Json {
  switch (form) {
    case 'event':
      return ref('Event')
    case 'structured':
      return ref('CloudEvent')
    case 'cloudevents-batch':
      return { type: 'array', items: ref('CloudEvent') }
    default:
      return { type: 'string', description: 'One Event a line' }
  }
}

function open(summary: string, responses: Record<number, string>): Operation {
  const told = Object.entries(responses).map(([status, description]) => [status, { description }])
  return { summary, security: [], responses: Object.fromEntries(told) as Operation['responses'] }
}
