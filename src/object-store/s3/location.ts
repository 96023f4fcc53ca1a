import { DemetraError, EXIT } from '../../errors.ts'
import { didYouMean } from '../../text/did-you-mean.ts'
import { redactUrl } from '../../text/redact.ts'

/** What an `s3://` URL says. */
export interface S3Location {
  /** Without its options, for people. */
  name: string
  /** As given. */
  url: string
  bucket: string
  /** As it stands between the bucket and the options, nothing decoded, as AWS's own tools take it. */
  path: string
  region: string | undefined
  /** Of a server that is not AWS's. */
  endpoint: string | undefined
  /** Whether the bucket stands in the path rather than in the host name. */
  forcePathStyle: boolean
}

const OPTIONS = ['region', 'endpoint', 'forcePathStyle']

/**
 * `s3://BUCKET/PATH?region=…&endpoint=…&forcePathStyle=…`, every option optional.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_URL, exit 2
 */
export function parseS3Url(url: string): S3Location {
  const [, bucket = '', path = '', query = ''] =
    /^s3:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/su.exec(url) ?? []
  const options = new URLSearchParams(query)
  if (/[:@]/u.test(bucket)) throw credentialsGiven()
  if (!/^[A-Za-z0-9][\w.-]*$/u.test(bucket)) throw badS3Url(url, 'it names no bucket')
  for (const name of options.keys()) {
    if (OPTIONS.includes(name)) continue
    throw badS3Url(url, `it has an unknown option '${name}'${didYouMean(name, OPTIONS)}`)
  }
  const endpoint = options.get('endpoint') || undefined
  if (endpoint !== undefined) checkEndpoint(url, endpoint)
  const style = options.get('forcePathStyle') ?? String(endpoint !== undefined)
  if (style !== 'true' && style !== 'false') throw badS3Url(url, 'forcePathStyle is true or false')
  return {
    name: `s3://${bucket}/${path}`,
    url,
    bucket,
    path,
    region: options.get('region') || undefined,
    endpoint,
    // what other servers than AWS's have: their names lead to no bucket
    forcePathStyle: style === 'true',
  }
}

function checkEndpoint(url: string, endpoint: string): void {
  if (!URL.canParse(endpoint) || !/^https?:\/\//u.test(endpoint)) {
    throw badS3Url(url, 'its endpoint is no URL; expected http://HOST:PORT or https://HOST')
  }
  const { username, password } = new URL(endpoint)
  if (username !== '' || password !== '') throw credentialsGiven()
}

export function badS3Url(url: string, why: string): DemetraError {
  return new DemetraError(`Cannot use '${redactUrl(url)}': ${why}`, {
    code: 'DEMETRA_ARCHIVE_URL',
    exitCode: EXIT.usage,
    hints: ['What lies in a bucket is named so: `s3://BUCKET/PATH?region=eu-central-1`'],
  })
}

/** Where they are not what one expects, no part of the URL is sure to be none. */
function credentialsGiven(): DemetraError {
  return new DemetraError('Credentials have no place in the URL of a bucket', {
    code: 'DEMETRA_ARCHIVE_URL',
    exitCode: EXIT.usage,
    hints: [
      "They come from AWS's own chain: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine",
    ],
  })
}
