import type { Generation, ReportPart } from '../report-store.ts'
import type { Ask } from './connection.ts'
import { memoryName } from '../report-name.ts'
import { generationStatus } from './generations.ts'
import { PostgresTable } from './table.ts'

type Parts = Record<ReportPart, PostgresTable | null>

/** The tables of the generations that were asked for; what is said of them never changes. */
export class PostgresTables {
  readonly #known = new Map<string, Parts>()

  /** Null: there is no such generation. One that is known may be gone in the meantime. */
  async of(ask: Ask, of: Generation): Promise<Parts | null> {
    const id = `${of.generation} ${of.name}`
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const status = await generationStatus(ask, of)
    if (status === null) return null
    const { table, columns, memory } = status
    const parts = {
      rows: new PostgresTable(table, columns),
      memory: memory === null ? null : new PostgresTable(memoryName(table), memory),
    }
    this.#known.set(id, parts)
    return parts
  }

  forget(of: Generation): void {
    this.#known.delete(`${of.generation} ${of.name}`)
  }
}
