import { Binary } from 'mongodb'
import { formatUuid } from '../../event/uuid.ts'
import { elementEnd } from './bson-types.ts'
import type { Database } from './database.ts'
import { APPEND, DIGEST, hasHead, ID } from './document-layout.ts'
import { readIdOnly } from './event-document.ts'
import { MAX_TIME_MS, UUID_SUBTYPE } from './reading.ts'
import { EVENTS } from './schema.ts'

/** What is stored under an id. */
export interface Known {
  digest: Uint8Array
  /** The number of the call that wrote it, also where it is archived by now. */
  append: bigint | null
}

const COMMAND_IDS = 2000
const ID_AT = 4 + ID.length

/**
 * What is stored under these ids, live or archived, by the id's bytes as latin1 text. In the reply's own bytes: an
 * import of what is all there already asks this for each event.
 */
export async function knownEvents(
  database: Database,
  ids: readonly Uint8Array[],
): Promise<Map<string, Known>> {
  const found = new Map<string, Known>()
  for (let from = 0; from < ids.length; from += COMMAND_IDS) {
    const some = ids.slice(from, from + COMMAND_IDS)
    for (const document of await database.repeat(() => find(database, some))) add(found, document)
  }
  return found
}

async function find(database: Database, ids: readonly Uint8Array[]): Promise<Buffer[]> {
  const filter = { _id: { $in: ids.map((id) => new Binary(id, UUID_SUBTYPE)) } }
  const cursor = database.collection(EVENTS).find(filter as object, {
    projection: { digest: 1, append: 1 },
    hint: '_id_',
    // all in one reply
    batchSize: ids.length + 1,
    maxTimeMS: MAX_TIME_MS,
    raw: true,
  })
  return (await cursor.toArray()) as unknown as Buffer[]
}

function add(found: Map<string, Known>, bytes: Buffer): void {
  let digest: Uint8Array | null = null
  let append: bigint | null = null
  let at = ID_AT + 16
  while (bytes[at] !== 0) {
    if (hasHead(bytes, at, DIGEST)) {
      digest = new Uint8Array(16)
      at += DIGEST.length
      for (let i = 0; i < 16; i += 1) digest[i] = bytes[at + i] as number
      at += 16
    } else if (hasHead(bytes, at, APPEND)) {
      at += APPEND.length
      append = bytes.readBigInt64LE(at)
      at += 8
    } else {
      at = elementEnd(bytes, at)
    }
  }
  if (digest === null) {
    throw new Error(
      `the document ${formatUuid(readIdOnly(bytes))} is not as Demetra writes it: it has no digest`,
    )
  }
  found.set(bytes.toString('latin1', ID_AT, ID_AT + 16), { digest, append })
}
