import { MongoClient } from 'mongodb'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportDatabase } from '../contracts/report-store/support.ts'

let databases = 0

/** The URL of a database of one's own on a server. */
export function freshUrl(urlOf: (name: string) => string): string {
  databases += 1
  return urlOf(`reports_${process.pid}_${databases}`)
}

/** Databases of their own on a server, for the contract suite; `urlOf` names one by its URL. */
export function mongoReports(urlOf: (name: string) => string): () => Promise<ReportDatabase> {
  return async () => {
    const url = freshUrl(urlOf)
    const client = new MongoClient(url)
    const db = client.db()
    return {
      open: () => openReportStore(url),
      indexes: async (table) => {
        const found = await db.collection(table).listIndexes().toArray()
        return found.map(({ key }) => Object.keys(key as object)).filter(([first]) => first !== '_id')
      },
      view: (view) => db.collection(view).find().toArray(),
      dispose: async () => {
        await db.dropDatabase()
        await client.close()
      },
    }
  }
}
