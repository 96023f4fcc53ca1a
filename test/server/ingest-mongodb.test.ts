import { randomUUID } from 'node:crypto'
import { describeOnEachMongodb } from '../servers/mongod.ts'
import { ingestSuite } from './ingest.ts'

describeOnEachMongodb('on MongoDB', (url) => {
  ingestSuite(() => url(`d${randomUUID()}`), 10)
})
