import { DemetraError, EXIT } from '../../errors.ts'
import { redactSecrets } from '../../text/redact.ts'
import { GO_ON, storeFailed, type StoreFailure } from '../store-failure.ts'
import { isPassing, statusOf, type S3Error } from './errors.ts'
import { badS3Url, type S3Location } from './location.ts'

const CHAIN =
  "They come from AWS's own chain: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine; " +
  'see who you are: `aws sts get-caller-identity`'
const CREDENTIALS: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_CREDENTIALS',
  exitCode: EXIT.failed,
  what: 'does not accept the credentials',
  hint: CHAIN,
}

const NOTHING_SAID = /^(?:Error|Unknown(?:Error)?)?$/u

const FAILURES: readonly (readonly [RegExp, StoreFailure])[] = [
  [
    /^(?:Credentials|Token)ProviderError$/u,
    { ...CREDENTIALS, what: 'wants credentials, and none were found' },
  ],
  [
    /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken.*|TokenRefreshRequired|InvalidClientTokenId|XAdminUserNotFound|UnrecognizedClientException)$/u,
    CREDENTIALS,
  ],
  [
    /^(?:AccessDenied|Forbidden|AllAccessDisabled|AccountProblem)$/u,
    {
      code: 'DEMETRA_ARCHIVE_RIGHTS',
      exitCode: EXIT.failed,
      what: 'does not give these credentials the rights that are needed',
      hint:
        'Wanted are s3:GetObject and s3:PutObject on BUCKET/PREFIX/*, and s3:ListBucket on BUCKET, without which S3 says of ' +
        'what is not there that it is forbidden',
    },
  ],
  [
    /^NoSuchBucket$/u,
    {
      code: 'DEMETRA_ARCHIVE_NO_BUCKET',
      exitCode: EXIT.failed,
      what: 'has no such bucket',
      hint: 'See which there are: `aws s3 ls`; make it: `aws s3 mb s3://BUCKET`',
    },
  ],
  [
    /^InvalidObjectState$/u,
    {
      code: 'DEMETRA_ARCHIVE_FROZEN',
      exitCode: EXIT.failed,
      what: 'has moved the object to a storage class from which it cannot be read at once',
      hint: 'Bring it back first: `aws s3api restore-object`, and keep life-cycle rules that freeze objects off the archive',
    },
  ],
  [
    /^(?:QuotaExceeded|InsufficientStorage|XMinioStorageFull|XMinioAdminBucketQuotaExceeded)$/u,
    {
      code: 'DEMETRA_ARCHIVE_FULL',
      exitCode: EXIT.temporary,
      what: 'has no room left',
      hint: `Make room on the server, ${GO_ON}`,
    },
  ],
]

/** What a failure of S3 means for the user; anything else comes back as it is. */
export function explained(thrown: unknown, location: S3Location): unknown {
  if (!(thrown instanceof Error) || thrown instanceof DemetraError) return thrown
  const error = thrown as S3Error
  if (/^Region (?:is missing|not accepted)/u.test(error.message)) {
    return badS3Url(location.url, 'it names no region, nor does AWS_REGION or the profile')
  }
  const failure = wrongRegion(error) ?? FAILURES.find(([name]) => name.test(error.name))?.[1] ?? other(error)
  if (failure === null) return thrown
  return storeFailed(failure, location.name, reasonOf(error), error, {
    endpoint: location.endpoint ?? null,
    status: statusOf(error) ?? null,
  })
}

/** A bucket is asked for in its own region only; AWS says which, others not always. */
function wrongRegion(error: S3Error): StoreFailure | null {
  if (!/^(?:PermanentRedirect|AuthorizationHeaderMalformed)$/u.test(error.name) && statusOf(error) !== 301)
    return null
  const region =
    error.$response?.headers?.['x-amz-bucket-region'] ??
    error.Region ??
    /expecting '([^']+)'/u.exec(error.message)?.[1]
  return {
    code: 'DEMETRA_ARCHIVE_REGION',
    exitCode: EXIT.failed,
    what: region === undefined ? 'is in another region' : `is in the region ${region}`,
    hint: `Name the region in the URL: \`s3://BUCKET/PATH?region=${region ?? 'REGION'}\``,
  }
}

function other(error: S3Error): StoreFailure | null {
  if (isPassing(error) || /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|EPROTO/u.test(error.code ?? '')) {
    return {
      code: 'DEMETRA_ARCHIVE_UNREACHABLE',
      exitCode: EXIT.unreachable,
      what: 'cannot be reached',
      hint: `See whether the bucket, its region and its endpoint are right and can be reached from here, ${GO_ON}`,
    }
  }
  if (statusOf(error) === undefined) return null
  return {
    code: 'DEMETRA_ARCHIVE_FAILED',
    exitCode: EXIT.failed,
    what: 'refused',
    hint: 'See whether the server speaks S3 as AWS does, create-only uploads (If-None-Match) and SHA-256 included',
  }
}

function reasonOf(error: S3Error): string {
  const { name, message, code } = error
  if (name === 'AbortError' || /timed out after .* of inactivity/u.test(message)) return 'no answer in time'
  // further lines are for who writes programs
  const [line = ''] = message.split('\n')
  const said = NOTHING_SAID.test(line) ? `status ${statusOf(error) ?? 'unknown'}` : line
  return redactSecrets([code ?? name, said].filter((part) => !NOTHING_SAID.test(part)).join(': '))
}
