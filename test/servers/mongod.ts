// what tests use; start-mongod.ts alone also serves programs that are no tests
export { describeWithMongod } from './describe-with-mongod.ts'
export type { Mongod, MongodOptions } from './mongod-types.ts'
export { startReplicaSet, type ReplicaSet, type ReplicaSetOptions } from './replica-set.ts'
export { startMongod } from './start-mongod.ts'
