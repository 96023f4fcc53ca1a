import { pause } from '../../pause.ts'
import type { ReportCommit } from '../report-store.ts'
import { CLOCK } from './bookkeeping.ts'
import { AGAIN_AFTER_MS, type Ask, type Copy, type PostgresConnection } from './connection.ts'
import { isLost, isUndone } from './errors.ts'
import { STATE_COLUMNS, writeState } from '../sql-state.ts'
import type { PostgresTables } from './tables.ts'

const SET = STATE_COLUMNS.map((column, i) => `${column} = $${i + 1}`)
/** First of all: it locks the row, so that of two writers one waits for the other, and then finds it ahead. */
const COMMIT = `UPDATE demetra_reports
  SET ${SET.join(', ')}, updated_at = ${CLOCK}, lease_expires_at = ${CLOCK} + $9::bigint
  WHERE name = $10 AND generation = $11 AND lease_token = $12 AND lease_owner IS NOT NULL
    AND checkpoint_position IS NOT DISTINCT FROM $13 AND checkpoint_id IS NOT DISTINCT FROM $14`
const IS_DONE = `SELECT 1 FROM demetra_reports WHERE name = $1 AND generation = $2 AND lease_token = $3
  AND lease_owner IS NOT NULL AND checkpoint_position = $4 AND checkpoint_id = $5`

/**
 * Where the connection is lost, nobody knows whether the commit has happened. Then it is made again: if it had,
 * the checkpoint is where it was to be, by the same lease, and nothing is written twice.
 */
export async function commitRows(
  connection: PostgresConnection,
  tables: PostgresTables,
  commit: ReportCommit,
): Promise<boolean> {
  const parts = await connection.read((ask) => tables.of(ask, commit.of))
  if (parts === null) return false
  const isFresh = commit.fresh === true
  const writes = [
    ...(parts.rows?.writes(commit.rows, isFresh) ?? []),
    ...(parts.memory?.writes(commit.memory, isFresh) ?? []),
  ]
  const work = async (ask: Ask, copy: Copy): Promise<boolean> => {
    const { of, token, from, ttlMs } = commit
    const where = [of.name, of.generation, token, from?.position ?? null, from?.id ?? null]
    if ((await ask(COMMIT, [...writeState(commit), ttlMs, ...where])).count === 0) return false
    for (const write of writes) await write(ask, copy)
    return true
  }
  try {
    return await connection.write(work)
  } catch (error) {
    if (!isLost(error) && !isUndone(error)) throw error
    await pause(AGAIN_AFTER_MS)
    if (await connection.write(work)) return true
    return isLost(error) && (await connection.read((ask) => isDone(ask, commit)))
  }
}

async function isDone(ask: Ask, { of, token, checkpoint }: ReportCommit): Promise<boolean> {
  const parameters = [of.name, of.generation, token, checkpoint.position, checkpoint.id]
  return (await ask(IS_DONE, parameters)).count > 0
}
