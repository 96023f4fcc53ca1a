import { DemetraError, EXIT } from '../errors.ts'
import type { TokenRegister } from '../event-store/event-store.ts'
import { redactSecrets } from '../text/redact.ts'
import { drawToken, formatToken, hashSecret } from './token.ts'

export interface TokenPurpose {
  services: readonly string[]
  read: boolean
  note: string | null
}

export interface CreatedToken extends TokenPurpose {
  id: string
  /** `demetra_ID_SECRET`: nobody can tell it again. */
  token: string
}

/**
 * Draws a token and stores what is needed to know it again.
 *
 * @throws DemetraError exit 2 where it would open nothing, or a service has no name that `meta.service` can have
 */
export async function createToken(tokens: TokenRegister, purpose: TokenPurpose): Promise<CreatedToken> {
  const { services: given, read } = purpose
  if (given.length === 0 && !read) throw opensNothing()
  for (const service of given) checkService(service)
  const services = [...new Set(given)]
  const note = purpose.note === null ? null : redactSecrets(purpose.note)
  for (;;) {
    const drawn = drawToken()
    try {
      await tokens.add({ id: drawn.id, hash: hashSecret(drawn.secret), services, read, note })
      return { id: drawn.id, services, read, note, token: formatToken(drawn) }
    } catch (error) {
      // drawn before, once in a million millions
      if (!(error instanceof DemetraError && error.code === 'DEMETRA_TOKEN_EXISTS')) throw error
    }
  }
}

/** A service is whatever `meta.service` says: a text that is not empty. Blanks around it are a slip. */
function checkService(service: string): void {
  if (redactSecrets(service) !== service) throw badService(service, 'it holds a secret')
  if (!service.isWellFormed()) throw badService(service, 'it is not valid Unicode')
  if (service.trim() === '') throw badService(service, 'it is empty')
  if (service.trim() !== service) throw badService(service, 'there is a blank before or after it')
}

function badService(service: string, why: string): DemetraError {
  return new DemetraError(`'${service}' is no name of a service: ${why}`, {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: ['Say what `meta.service` of its events says: `demetra token create --service core`'],
  })
}

function opensNothing(): DemetraError {
  return new DemetraError(
    'A token has to open something: say which services send with it, or that it reads',
    {
      code: 'DEMETRA_USAGE',
      exitCode: EXIT.usage,
      hints: [
        'For a producer: `demetra token create --service core`',
        'For people and for Prometheus: `demetra token create --read`',
      ],
    },
  )
}
