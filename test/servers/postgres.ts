// what tests use; a program that is no test imports start-postgres.ts
export { describeWithPostgres } from './describe-with-postgres.ts'
export type { Postgres } from './postgres-types.ts'
export { withClient } from './running-postgres.ts'
export { startPostgres } from './start-postgres.ts'
