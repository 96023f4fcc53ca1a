import type { Database } from '../../event-store/mongodb/database.ts'
import type { ReportCommit } from '../report-store.ts'
import { tableChanged } from '../table-changed.ts'
import { generationDocument, missingCollection, relation } from './catalogue.ts'
import type { CommitSessions } from './commit-sessions.ts'
import { commitInSteps, type Encoded, type OnStep } from './numbered-commit.ts'
import { noCollection } from './report-errors.ts'
import { RowCodec } from './row-document.ts'
import type { GenerationDocument } from './schema.ts'
import { forgetLongAgo } from './torn-rows.ts'
import { commitAtOnce } from './transaction-commit.ts'

/**
 * In one transaction, where the server has them. What fills a generation that nobody is shown is written in steps
 * there as well: that is much faster, and a transaction must be over within a minute.
 */
export async function commitRows(
  database: Database,
  commit: ReportCommit,
  sessions: CommitSessions,
  onStep: OnStep,
): Promise<boolean> {
  const found = await generationDocument(database, commit.of)
  if (found === null) return false
  const missing = await missingCollection(database, found)
  if (missing !== null) {
    if ((await generationDocument(database, commit.of)) === null) return false
    throw tableChanged(commit.of, database.url, noCollection(missing))
  }
  // all of it first: what cannot be kept is to leave nothing behind
  const encoded = encode(found, commit)
  await forgetLongAgo(database, found)
  const inSteps =
    database.topology === 'standalone' || (commit.fresh === true && !(await isShown(database, found)))
  return inSteps
    ? commitInSteps(database, commit, encoded, onStep)
    : commitAtOnce(database, commit, encoded, sessions)
}

function encode({ name, columns, memory }: GenerationDocument, commit: ReportCommit): Encoded {
  if (memory === null && commit.memory.length > 0) throw new TypeError(`the report ${name} has no memory`)
  const [rows, kept] = [new RowCodec(columns), new RowCodec(memory ?? [])]
  return {
    rows: { codec: rows, changes: commit.rows.map((change) => rows.change(change)) },
    memory: { codec: kept, changes: commit.memory.map((change) => kept.change(change)) },
  }
}

async function isShown(database: Database, { view, collection }: GenerationDocument): Promise<boolean> {
  return (await relation(database, view))?.viewOn === collection
}
