import { temporaryDatabase } from './temporary-database.ts'
import { eventStoreContract } from '../contracts/event-store.contract.ts'

eventStoreContract('SQLite', {
  capabilities: { ordersAppends: true, appendsInFlight: 6, atomicProgress: true },
  create: temporaryDatabase,
})
