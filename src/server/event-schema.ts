import * as z from 'zod'
import { parseRfc3339 } from '../event/time.ts'
import { isBase64 } from './cloud-event.ts'

/*
 * What a body is made of: the schemas explain a body that was refused, and are what /openapi.json shows. Whether an
 * event is taken is told by src/event/, as it is for an import.
 */

const text = (description: string) =>
  z.string().min(1, 'expected a text that is not empty').describe(description)

const time = (description: string) =>
  z
    .string()
    .refine(
      (value) => parseRfc3339(value) !== null,
      'expected a time with an offset, 2016-01-01T12:00:00.000Z',
    )
    .meta({ format: 'date-time', description })

export const eventSchema = z
  .strictObject({
    id: z
      .guid('expected a UUID')
      .describe('UUID that the producer gives: the event is stored once, however often it comes.'),
    position: z.string().optional().describe('Left aside: the store gives it.'),
    meta: z
      .looseObject({
        service: text('The service that it comes from. The token has to be bound to it.'),
        type: text('What happened, `payment-completed`.'),
        created_at: time("When it happened, by the producer's clock."),
        received_at: z.unknown().optional().describe('Left aside: Demetra sets it.'),
        aggregate_id: text('The aggregate that it happened to.'),
        correlation_id: text('What ties events of several aggregates together.').nullish(),
      })
      .describe('Further members are kept.'),
    payload: z.looseObject({}).describe('Free JSON; where its type is defined, as the definition says.'),
  })
  .meta({ id: 'Event', description: 'One fact.' })

export const cloudEventSchema = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: text('A UUID is the id of the event; of any other, and the source, one is derived.'),
    source: text('Its last part is the service, unless an extension `service` says it.'),
    type: text('What happened.'),
    time: time('When it happened. Wanted, so that an event that is sent again is the same.'),
    subject: text('The aggregate; left out: the source.').optional(),
    datacontenttype: text('Kept.').optional(),
    dataschema: text('Kept.').optional(),
    data: z
      .unknown()
      .optional()
      .describe('An object is the payload; anything else stands in one, under `data`.'),
    data_base64: z
      .string()
      .refine(isBase64, 'expected a text in Base64')
      .meta({ contentEncoding: 'base64', description: 'Stands in the payload, under `data_base64`.' })
      .optional(),
  })
  .meta({ id: 'CloudEvent', description: 'A CloudEvent 1.0; extension attributes are kept.' })

export const errorSchema = z
  .object({
    code: z.string().describe('Stable, `DEMETRA_…`.'),
    message: z.string(),
    hints: z.array(z.string()),
    issues: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Everything that does not fit.'),
  })
  .meta({ id: 'Error' })

export const eventResultSchema = z
  .object({
    line: z.int().optional().describe('Of an NDJSON batch, from 1.'),
    id: z.string().optional().describe('UUID of the event, as far as it could be read.'),
    status: z.int(),
    outcome: z.enum(['stored', 'duplicate', 'conflict', 'refused', 'failed']),
    error: errorSchema.optional(),
  })
  .meta({ id: 'EventResult', description: 'What became of one event.' })

export const batchResultSchema = z
  .object({
    stored: z.int(),
    duplicates: z.int(),
    conflicts: z.int(),
    refused: z.int(),
    failed: z.int().describe('Not stored for now; send them again.'),
    results: z.array(eventResultSchema).describe('One for each event, in their order.'),
  })
  .meta({ id: 'BatchResult' })

export const failureSchema = z
  .object({ status: z.int(), error: errorSchema })
  .meta({ id: 'Failure', description: 'A request that was not served.' })

export type ErrorJson = z.infer<typeof errorSchema>
export type EventResult = z.infer<typeof eventResultSchema>
export type BatchResult = z.infer<typeof batchResultSchema>
