// what tests use; a program that is no test imports start-mongod.ts or replica-set.ts
export { describeOnEachMongodb } from './describe-on-each-mongodb.ts'
export { describeWithMongod } from './describe-with-mongod.ts'
export type { Mongod } from './mongod-types.ts'
export { startReplicaSet, type ReplicaSet } from './replica-set.ts'
export { startMongod } from './start-mongod.ts'
export { startTcpProxy } from './tcp-proxy.ts'
