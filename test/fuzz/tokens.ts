import type { StoredToken, TokenRegister } from '../../src/event-store/event-store.ts'
import { drawToken, formatToken, hashSecret } from '../../src/token/token.ts'
import type { Random } from './random.ts'

/** Stands in everything that looks like a secret and is none, and must never be seen in an answer or in the log. */
export const SECRET_MARK = 'sEcReTmArK'

export interface Credential {
  what: string
  /** Of the `Authorization` header; null: none. */
  header: string | null
  /** Whose events it may send; none where it is not good. */
  services: readonly string[]
  isGood: boolean
}

/** Tokens of all kinds, and what is like one. */
export class Tokens {
  readonly core = drawToken()
  readonly billing = drawToken()
  readonly reader = drawToken()
  readonly revoked = drawToken()

  async addTo(register: TokenRegister): Promise<void> {
    const add = ({ id, secret }: typeof this.core, more: Partial<StoredToken>): Promise<void> =>
      register.add({
        id,
        hash: hashSecret(secret),
        services: [],
        read: false,
        createdAt: 0,
        revokedAt: null,
        note: null,
        ...more,
      })
    await add(this.core, { services: ['core'] })
    await add(this.billing, { services: ['billing', 'Core'] })
    await add(this.reader, { read: true })
    await add(this.revoked, { services: ['core'], read: true })
    await register.revoke(this.revoked.id)
  }

  /** What nobody may ever see. */
  get secrets(): string[] {
    return [this.core, this.billing, this.reader, this.revoked]
      .map(({ secret }) => secret)
      .concat(SECRET_MARK)
  }

  get ofReader(): string {
    return formatToken(this.reader)
  }

  draw(random: Random): Credential {
    const core = formatToken(this.core)
    const good = (what: string, header: string, services: readonly string[]): Credential => ({
      what,
      header,
      services,
      isGood: true,
    })
    if (random.chance(0.85)) return good('core', `Bearer ${core}`, ['core'])
    switch (random.below(6)) {
      case 0:
        return good('billing', `Bearer ${formatToken(this.billing)}`, ['billing', 'Core'])
      case 1:
        return good('reader', `Bearer ${formatToken(this.reader)}`, [])
      case 2:
        return good('in other letters', `${random.pick(['bearer', 'BEARER'])}  ${core}`, ['core'])
      default:
        return { what: 'no good token', header: this.#bad(random), services: [], isGood: false }
    }
  }

  #bad(random: Random): string | null {
    const { core, revoked } = this
    const wrong = `${SECRET_MARK}${'x'.repeat(43 - SECRET_MARK.length)}`
    return random.pick([
      null,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${formatToken(revoked)}`,
      `Bearer ${formatToken({ id: core.id, secret: revoked.secret })}`,
      `Bearer ${formatToken({ id: core.id, secret: wrong })}`,
      `Bearer ${formatToken({ id: 'abcdefgh', secret: wrong })}`,
      `Bearer ${formatToken({ id: drawToken().id, secret: wrong })}`,
      `Bearer ${formatToken(core)}x`,
      `Bearer ${formatToken(core).slice(0, -1)}`,
      `Bearer ${formatToken(core)} ${formatToken(core)}`,
      `Bearer ${core.secret}`,
      `Bearer demetra_${core.id.toUpperCase()}_${core.secret}`,
      `Bearer ${SECRET_MARK.repeat(300)}`,
      `Bearer \u00ff${SECRET_MARK}`,
      `Basic ${Buffer.from(`core:${formatToken(core)}`).toString('base64')}`,
      formatToken(core),
      `Token ${formatToken(core)}`,
    ])
  }
}
