import { Binary } from 'mongodb'
import type { NewToken, StoredToken, TokenRegister } from '../event-store.ts'
import { tokenExists } from '../token-exists.ts'
import { change, changeOrMake, literal, withFields } from './change.ts'
import type { Database } from './database.ts'
import type { TokenDocument } from './schema.ts'
import { bytesOf } from './segment-document.ts'

const TOKENS = 'demetra_tokens'

/** Each token is one document; like everything here written and read with majority, so that a revoked one stays so. */
export class MongoTokens implements TokenRegister {
  readonly #open: () => Promise<Database>

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  /** A hash is of a secret that nobody else has: an attempt whose answer was lost knows itself again by it. */
  async add({ id, hash, services, read, note }: NewToken): Promise<void> {
    const isNew = { $eq: [{ $type: '$hash' }, 'missing'] }
    const token = withFields({
      hash: literal(new Binary(hash)),
      services: literal(services),
      read: literal(read),
      note: literal(note),
      created_at: '$$NOW',
      revoked_at: null,
    })
    const stored = await changeOrMake<TokenDocument>(await this.#open(), TOKENS, id, [
      { $replaceWith: { $cond: [isNew, token, '$$ROOT'] } },
    ])
    if (Buffer.compare(bytesOf(stored.hash), hash) !== 0) throw tokenExists(id)
  }

  async find(id: string): Promise<StoredToken | null> {
    const database = await this.#open()
    const found = await database.repeat(() => database.collection<TokenDocument>(TOKENS).findOne({ _id: id }))
    return found && toToken(found)
  }

  async list(): Promise<StoredToken[]> {
    const database = await this.#open()
    const found = await database.repeat(() =>
      database.collection<TokenDocument>(TOKENS).find().sort({ created_at: 1, _id: 1 }).toArray(),
    )
    return found.map(toToken)
  }

  async revoke(id: string): Promise<boolean> {
    const revoked = { $ifNull: ['$revoked_at', '$$NOW'] }
    const token = await change<TokenDocument>(await this.#open(), TOKENS, id, [
      { $replaceWith: withFields({ revoked_at: revoked }) },
    ])
    return token !== null
  }
}

function toToken(token: TokenDocument): StoredToken {
  return {
    id: token._id,
    hash: bytesOf(token.hash),
    services: token.services,
    read: token.read,
    note: token.note,
    createdAt: token.created_at.getTime(),
    revokedAt: token.revoked_at?.getTime() ?? null,
  }
}
