import type { ReportColumn } from '../report-store/report-column.ts'
import type { NewReport, ReportStatus } from '../report-store/report-store.ts'
import type { KeyedFold, Projection } from './projection.ts'
import { shapeChanged, versionChanged } from './projection-failure.ts'

/** The columns as a report store keeps them: key first. */
export function reportColumns({ keys, columns }: KeyedFold): ReportColumn[] {
  return [...keys, ...columns].map(({ name, type, key, required, nullable, scale, initial }) => ({
    name,
    type,
    key,
    required,
    nullable,
    ...(scale === undefined ? undefined : { scale }),
    ...(initial === undefined ? undefined : { initial }),
  }))
}

/** What a report store is told of a projection. */
export function newReport(name: string, eventStoreId: string, projection: Projection): NewReport {
  const { version, hidden, indexes } = projection
  const memory = projection.memory === null ? null : reportColumns(projection.memory)
  return { name, eventStoreId, version, columns: reportColumns(projection), memory, hidden, indexes }
}

/** Throws where the projection is not the one that filled the report. */
export function checkSameProjection(report: ReportStatus, projection: Projection): void {
  if (report.version !== projection.version) throw versionChanged(report, projection.version)
  const difference = shapeDifference(report.columns, reportColumns(projection))
  if (difference !== null) throw shapeChanged(report, difference)
  const remembered = projection.memory === null ? [] : reportColumns(projection.memory)
  const memory = shapeDifference(report.memory ?? [], remembered)
  if (memory !== null) throw shapeChanged(report, `in the memory, ${memory}`)
}

function shapeDifference(before: readonly ReportColumn[], now: readonly ReportColumn[]): string | null {
  const differences: string[] = []
  for (const column of before) {
    const same = now.find(({ name }) => name === column.name)
    if (same === undefined) differences.push(`'${column.name}' is gone`)
    else if (describe(same) !== describe(column)) {
      differences.push(`'${column.name}' was ${describe(column)} and is ${describe(same)}`)
    }
  }
  for (const column of now) {
    if (!before.some(({ name }) => name === column.name)) differences.push(`'${column.name}' is new`)
  }
  if (differences.length > 0) return differences.join(', ')
  const reordered = before.some(({ name }, i) => name !== now[i]?.name)
  return reordered ? 'they stand in another order' : null
}

function describe(column: ReportColumn): string {
  const words = [column.key ? 'key' : column.required ? 'required' : 'optional', column.type]
  if (column.nullable) words.push('nullable')
  if (column.scale !== undefined) words.push(`of scale ${column.scale}`)
  if (column.initial !== undefined) words.push(`from ${column.initial}`)
  return words.join(' ')
}
