import { suiteWithServer } from './describe-with-server.ts'
import { postgresHere, VARIABLE } from './find-postgres.ts'

/** A suite on a real PostgreSQL server. */
export const describeWithPostgres = suiteWithServer((await postgresHere()) === null, {
  tests: 'PostgreSQL tests',
  server: 'a PostgreSQL server',
  missing:
    `no PostgreSQL was found on the path, and none could be downloaded with npm; ` +
    `set ${VARIABLE}=/path/to/bin, a folder with initdb and postgres`,
})
