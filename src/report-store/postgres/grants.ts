import type { Ask } from './connection.ts'
import { quoted } from './values.ts'

/** What people were given on a view, so that one that takes its place can have it too. */
export interface ViewGrants {
  /** A role's name; null: everybody. `column`: of one column only. */
  grants: { role: string | null; privilege: string; grantable: boolean; column: string | null }[]
  comment: string | null
}

/** `view`: its quoted name. What the owner has, the owner of the next one has as well. */
export async function viewGrants(ask: Ask, view: string): Promise<ViewGrants> {
  const sql = `SELECT g.rolname, x.privilege_type, x.is_grantable, x.attname FROM (
      SELECT (aclexplode(relacl)).*, NULL::name AS attname, relowner FROM pg_class WHERE oid = to_regclass($1)
      UNION ALL
      SELECT (aclexplode(a.attacl)).*, a.attname, c.relowner
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.oid = to_regclass($1)
    ) x LEFT JOIN pg_roles g ON g.oid = x.grantee WHERE x.grantee <> x.relowner`
  const { rows } = await ask(sql, [view])
  const grants = rows.map(([role = null, privilege, grantable, column = null]) => {
    return { role, privilege: privilege ?? '', grantable: grantable === 't', column }
  })
  const comment = await ask(`SELECT obj_description(to_regclass($1)::oid, 'pg_class')`, [view])
  return { grants, comment: comment.rows[0]?.[0] ?? null }
}

/** To a view that was just made. */
export async function restoreGrants(ask: Ask, view: string, { grants, comment }: ViewGrants): Promise<void> {
  // what new views are given by default may have been taken from the old one
  for (const { role } of (await viewGrants(ask, view)).grants) {
    await ask(`REVOKE ALL ON ${view} FROM ${grantee(role)}`)
  }
  const columns = await viewColumns(ask, view)
  for (const { role, privilege, grantable, column } of grants) {
    if (column !== null && !columns.includes(column)) continue
    const on = column === null ? '' : ` (${quoted(column)})`
    const option = grantable ? ' WITH GRANT OPTION' : ''
    await ask(`GRANT ${privilege}${on} ON ${view} TO ${grantee(role)}${option}`)
  }
  // a comment takes no parameters
  const text = comment?.replaceAll(/['\\]/gu, String.raw`\$&`)
  if (text !== undefined) await ask(`COMMENT ON VIEW ${view} IS E'${text}'`)
}

async function viewColumns(ask: Ask, view: string): Promise<(string | null | undefined)[]> {
  const sql = 'SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0'
  return (await ask(sql, [view])).rows.map(([name]) => name)
}

function grantee(role: string | null): string {
  return role === null ? 'PUBLIC' : quoted(role)
}
