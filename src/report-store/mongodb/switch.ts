import type { Database } from '../../event-store/mongodb/database.ts'
import { nameTaken, viewName } from '../report-name.ts'
import type { Generation } from '../report-store.ts'
import { generationDocument, generationsOf, relation } from './catalogue.ts'
import { tornNumbers } from './commit-marks.ts'
import { heldBy } from './leases.ts'
import { withReportLock } from './report-lock.ts'
import { type GenerationDocument, REPORTS } from './schema.ts'
import { takeBack } from './torn-rows.ts'
import { showInView } from './view.ts'

/** True where the view shows this generation now. The view says which one is in use, and nothing else does. */
export async function switchView(database: Database, of: Generation, token: bigint): Promise<boolean> {
  if (!(await holds(database, of, token))) return false
  await takeBackAll(database, of)
  return withReportLock(database, of.name, async (stillLocked) => {
    const all = await generationsOf(database, of.name)
    const target = all.find(({ generation }) => generation === of.generation)
    if (target === undefined || !(await holds(database, of, token))) return false
    const before = all.find(({ inUse }) => inUse)
    if (before !== undefined && before.generation >= of.generation) return target.inUse
    const there = await relation(database, viewName(of.name))
    if (there !== null && there.viewOn !== before?.table) throw nameTaken(of.name, there.name, database.url)
    stillLocked()
    await showInView(database, target, there)
    return true
  })
}

/** People are shown whatever is in the collection: nothing that was cut off may be left there. */
async function takeBackAll(database: Database, of: Generation): Promise<void> {
  const found = await generationDocument(database, of)
  if (found === null) return
  const torn = tornNumbers(found)
  await takeBack(database, found, found.pending === null ? torn : [...torn, found.pending])
}

async function holds(database: Database, of: Generation, token: bigint): Promise<boolean> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const found = await database.repeat(() => reports.findOne(heldBy(of, token), { projection: { _id: 1 } }))
  return found !== null
}
