import { describe, it } from 'vitest'
import { postgresHere, VARIABLE } from './find-postgres.ts'

const MISSING =
  `no PostgreSQL was found on the path, and none could be downloaded with npm; ` +
  `set ${VARIABLE}=/path/to/bin, a folder with initdb and postgres`

const isMissing = (await postgresHere()) === null
const isInCI = !['', 'false', '0', undefined].includes(process.env['CI'])
const isSkipped = isMissing && !isInCI
const suite = isSkipped ? describe.skip : describe
let warned = false

/**
 * A suite on real servers. Without PostgreSQL it is left out, and says so; in CI it fails instead, since
 * nobody reads what a green run has left out.
 */
export function describeWithPostgres(name: string, body: () => void): void {
  if (isSkipped && !warned) process.stderr.write(`\nPostgreSQL tests are skipped: ${MISSING}\n`)
  warned ||= isSkipped
  suite(name, isMissing && isInCI ? failing : body)
}

function failing(): void {
  it('needs a PostgreSQL server', () => {
    throw new Error(MISSING)
  })
}
