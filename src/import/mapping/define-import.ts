import type * as z from 'zod'
import { DemetraError, EXIT } from '../../errors.ts'

/** What `event` of a map file returns: an event without what Demetra adds. */
export interface ImportedEvent {
  /** UUID; left out, it is derived from the record, so that importing the dump again stores nothing twice. */
  id?: string | undefined
  meta: {
    service: string
    type: string
    /** A Date, or RFC 3339 text with an offset. */
    created_at: Date | string
    aggregate_id: string
    correlation_id?: string | null | undefined
    [other: string]: unknown
  }
  payload: object
}

export interface ImportContext {
  /** Number of the record, from 1, and the line on which it starts. */
  record: number
  line: number
}

export interface ImportDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Reads the record's fields into values; a field that does not fit makes the record a reject. */
  record: Shape
  /** Pure: the same record, the same events. One, several, or none (null), which ignores the record. */
  event(
    record: z.output<z.ZodObject<Shape>>,
    context: ImportContext,
  ): ImportedEvent | readonly ImportedEvent[] | null | undefined
}

/** A map file for `demetra import --map`: how the records of a dump become events. */
export function defineImport<Shape extends z.ZodRawShape>(
  definition: ImportDefinition<Shape>,
): ImportDefinition<Shape> {
  checkImportDefinition(definition, 'defineImport')
  return definition
}

/** Also of what plain JavaScript exports. Throws DemetraError naming `where`. */
export function checkImportDefinition(value: unknown, where: string): asserts value is ImportDefinition {
  const definition = value as Partial<ImportDefinition> | null | undefined
  const isShape =
    typeof definition?.record === 'object' &&
    Object.values(definition.record).every(
      (field) => typeof (field as { safeParse?: unknown }).safeParse === 'function',
    )
  if (isShape && typeof definition?.event === 'function') return
  throw new DemetraError(`${where}: expected { record: { column: schema, … }, event: (record) => event }`, {
    code: 'DEMETRA_IMPORT_DEFINITION',
    exitCode: EXIT.usage,
    hints: ['A map file ends in `export default defineImport({ record: { … }, event: (record) => … })`'],
  })
}
