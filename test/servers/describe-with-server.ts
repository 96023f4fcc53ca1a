import { describe, it } from 'vitest'

const isInCI = !['', 'false', '0', undefined].includes(process.env['CI'])

/**
 * Makes suites on real servers. Where there is no such server they are left out, and that is said once; in CI they fail
 * instead, since nobody reads what a green run has left out.
 *
 * @param tests what is left out, as in `MongoDB tests`
 * @param server as in `a mongod`
 * @param missing why there is none, and what to do
 */
export function suiteWithServer(
  isMissing: boolean,
  { tests, server, missing }: { tests: string; server: string; missing: string },
): (name: string, body: () => void) => void {
  const isSkipped = isMissing && !isInCI
  const suite = isSkipped ? describe.skip : describe
  const failing = (): void => {
    it(`needs ${server}`, () => {
      throw new Error(missing)
    })
  }
  let warned = false
  return (name, body) => {
    if (isSkipped && !warned) process.stderr.write(`\n${tests} are skipped: ${missing}\n`)
    warned ||= isSkipped
    suite(name, isMissing && isInCI ? failing : body)
  }
}
