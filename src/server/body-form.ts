import type { IncomingHttpHeaders } from 'node:http'
import { isBinaryMode } from './cloud-event-headers.ts'
import { HttpError } from './http-error.ts'
import { mediaType } from './media-type.ts'

/** What a body of `POST /events` holds, by its headers. */
export type BodyForm = 'event' | 'ndjson' | 'structured' | 'binary' | 'cloudevents-batch'

export const MEDIA_TYPES: Readonly<Record<string, Exclude<BodyForm, 'binary'>>> = {
  'application/json': 'event',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/cloudevents+json': 'structured',
  'application/cloudevents-batch+json': 'cloudevents-batch',
}

/** Throws HttpError, 415. */
export function bodyForm(headers: IncomingHttpHeaders): BodyForm {
  const { name, isUtf8 } = mediaType(headers['content-type'] ?? '')
  const isCloudEvents = name.startsWith('application/cloudevents')
  if (!isCloudEvents && isBinaryMode(headers)) return 'binary'
  const form = Object.hasOwn(MEDIA_TYPES, name) ? MEDIA_TYPES[name] : undefined
  if (form !== undefined && isUtf8) return form
  throw new HttpError(
    415,
    'DEMETRA_CONTENT_TYPE',
    name === '' ? 'The request does not say what its body is' : `A body of this Content-Type is not taken`,
    {
      hints: [
        `Content-Type is one of ${Object.keys(MEDIA_TYPES).join(', ')}, in UTF-8; or a CloudEvent in binary mode`,
      ],
    },
  )
}
