import { runInNewContext } from 'node:vm'
import { type Db, type Document, type MongoClient, Timestamp, UUID } from 'mongodb'

/** `db` of mongosh, as far as the guide uses it. */
function database(of: Db, client: MongoClient): object {
  const methods: Record<string, unknown> = {
    getSiblingDB: (name: string) => database(client.db(name), client),
    createUser: ({ user, ...rest }: Document) => of.command({ createUser: user as string, ...rest }),
  }
  return new Proxy(methods, {
    get: (known, name: string) => (name in known ? known[name] : of.collection(name)),
  })
}

/** Runs statements as mongosh does; returns what each gives: a cursor, or a promise. */
export function mongosh(code: string, client: MongoClient): unknown[] {
  const names = {
    db: database(client.db(), client),
    Timestamp: (t: number, i: number) => new Timestamp({ t, i }),
    UUID: (text: string) => new UUID(text),
    passwordPrompt: () => 'typed in',
  }
  return code
    .split(/^(?=db\b)/mu)
    .filter((part) => part.startsWith('db'))
    .map((statement) => runInNewContext(statement, names) as unknown)
}
