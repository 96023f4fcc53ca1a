// what tests use; a program that is no test imports start-mongod.ts or replica-set.ts
export { describeWithMongod } from './describe-with-mongod.ts'
export type { Mongod, MongodOptions } from './mongod-types.ts'
export { startReplicaSet, type ReplicaSet, type ReplicaSetOptions } from './replica-set.ts'
export { startMongod } from './start-mongod.ts'
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
