import { DemetraError, EXIT } from '../../errors.ts'
import type { Ask } from './connection.ts'

/** The views and the like that are made from a relation, by name. */
export async function dependents(ask: Ask, relation: string): Promise<string[]> {
  const sql = `SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d
    JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.refobjid = to_regclass($1) AND r.ev_class <> d.refobjid ORDER BY 1`
  return (await ask(sql, [relation])).rows.map(([name]) => name ?? '')
}

export function viewInUse(
  { name }: { name: string },
  relation: string,
  users: readonly string[],
  cause: unknown,
): DemetraError {
  const who = usedBy(users, cause)
  const message = `The report ${name} has other columns now, but ${relation} is used by: ${who}`
  return new DemetraError(message, {
    code: 'DEMETRA_REPORT_VIEW_IN_USE',
    exitCode: EXIT.failed,
    hints: [
      `Drop what is made from it, run \`demetra replay ${name}\` again, and make it anew: ` +
        'PostgreSQL changes no columns below a view',
    ],
    context: { report: name, usedBy: who },
    cause,
  })
}

/** An old generation that somebody has made something from, which would go with it. */
export function tableInUse(
  { name, generation, view }: { name: string; generation: number; view: string },
  table: string,
  users: readonly string[],
  cause: unknown,
): DemetraError {
  const who = usedBy(users, cause)
  return new DemetraError(
    `The generation ${generation} of the report ${name} cannot be dropped: ${table} is used by: ${who}`,
    {
      code: 'DEMETRA_REPORT_TABLE_IN_USE',
      exitCode: EXIT.failed,
      hints: [
        `Make that from ${view} instead, which always shows the report in use, then run \`demetra replay ${name}\` again`,
      ],
      context: { report: name, usedBy: who },
      cause,
    },
  )
}

function usedBy(users: readonly string[], cause: unknown): string {
  // made of something else than a view, a function for example: the server says of what
  const { detail } = cause as { detail?: string }
  return users.length === 0 ? (detail ?? 'something else') : users.join(', ')
}

/** Readers that hold on to the view for longer than anybody waits for. */
export function viewBlocked(name: string, relation: string, holders: readonly string[]): DemetraError {
  const who = holders.length === 0 ? '' : `: ${holders.join('; ')}`
  return new DemetraError(`The report ${name} cannot be switched: others keep ${relation} locked${who}`, {
    code: 'DEMETRA_REPORT_VIEW_BLOCKED',
    exitCode: EXIT.temporary,
    hints: [
      `End what reads it and stands still in a transaction, then run \`demetra replay ${name}\` again`,
      'pg_terminate_backend(PID) ends a connection',
    ],
    context: { report: name, relation },
  })
}

/** Who holds locks on a relation, for people. */
export async function lockHolders(ask: Ask, relation: string): Promise<string[]> {
  const sql = `SELECT format('connection %s of %s (%s, since %s)', a.pid, coalesce(a.usename, '?'),
      coalesce(a.state, '?'), to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.relation = to_regclass($1) AND l.granted AND l.pid <> pg_backend_pid()
    GROUP BY a.pid, a.usename, a.state, a.xact_start ORDER BY a.xact_start LIMIT 3`
  return (await ask(sql, [relation])).rows.map(([text]) => text ?? '')
}
