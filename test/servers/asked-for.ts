/**
 * What a variable of the environment asks for: null, with `none`, to do without; undefined: it asks for nothing. Throws
 * where what it names does not run: another one instead would hide the mistake.
 */
export async function askedFor(
  variable: string,
  what: string,
  runs: (path: string) => Promise<boolean>,
): Promise<string | null | undefined> {
  const given = process.env[variable]
  if (given === 'none') return null
  if (!given) return undefined
  if (!(await runs(given))) throw new Error(`${variable}=${given} ${what}`)
  return given
}
