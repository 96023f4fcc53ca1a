import { suiteWithServer } from './describe-with-server.ts'
import { findDuckdb, VARIABLE } from './find-duckdb.ts'

/** Looked for once in each process. */
export const duckdb = await findDuckdb()

/** A suite that queries with DuckDB. */
export const describeWithDuckdb = suiteWithServer(duckdb === null, {
  tests: 'DuckDB tests',
  server: 'DuckDB',
  missing:
    `python3 has no module duckdb, and none could be installed with pip; ` +
    `set ${VARIABLE}=/path/to/python, one that has it`,
})
