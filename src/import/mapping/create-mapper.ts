import type { MappingOptions, RecordMapper } from './mapper.ts'
import { canonicalCsvMapper, canonicalJsonMapper, isCanonicalHeader } from './canonical-mapper.ts'
import { csvShape } from './csv-shape.ts'
import type { ImportDefinition } from './define-import.ts'
import { fileMapper } from './file-mapper.ts'
import { jsonShape } from './json-shape.ts'
import type { RecordShape } from './record-shape.ts'
import { templateMapper } from './template-mapper.ts'
import { timeReader } from './time-reader.ts'
import { foreignDump } from './foreign-dump.ts'
import { refuseUnused } from './unused-flags.ts'
import type { SourceRecord } from '../record.ts'

export interface CreateMapperOptions {
  mapping: MappingOptions
  /** The file of `mapping.map`, loaded. */
  definition?: ImportDefinition | undefined
  receivedAt: number
  full: boolean
  strict: boolean
  /** JSON: something in the source's first bytes looks like an event in Demetra's own form. */
  ownForm: boolean
}

/**
 * The mapper for a source: a map file, the templates of the flags, or Demetra's own form. CSV brings its
 * header; JSON is judged by its first record. Throws DemetraError (usage) where neither fits.
 */
export function createMapper(
  columns: readonly string[] | undefined,
  first: SourceRecord,
  options: CreateMapperOptions,
): RecordMapper {
  const { mapping, definition, receivedAt } = options
  if (columns === undefined) return forShape(jsonShape) ?? canonicalJson()
  return forShape(csvShape(columns)) ?? canonicalCsv(columns)

  function forShape<R>(shape: RecordShape<R>): RecordMapper | null {
    if (definition !== undefined) {
      refuseUnused(mapping, 'map file')
      return fileMapper(shape, definition, mapping.empty, receivedAt)
    }
    return usesTemplates(mapping) ? templateMapper(shape, mapping, receivedAt) : null
  }

  function canonicalJson(): RecordMapper {
    const problem = options.ownForm ? null : foreignDump(first)
    if (problem !== null) throw problem
    refuseUnused(mapping, 'own JSON')
    return canonicalJsonMapper(canonical())
  }

  function canonicalCsv(header: readonly string[]): RecordMapper {
    if (!isCanonicalHeader(header)) throw foreignDump(first, header)
    refuseUnused(mapping, 'own CSV')
    return canonicalCsvMapper(header, canonical())
  }

  function canonical() {
    return {
      receivedAt,
      full: options.full,
      strict: options.strict,
      numbers: mapping.number ?? [],
      empty: mapping.empty,
      ...(mapping.timezone === undefined && mapping.dateFormat === undefined
        ? {}
        : { readTime: timeReader(mapping) }),
    }
  }
}

function usesTemplates(mapping: MappingOptions): boolean {
  const { service, type, aggregate, createdAt, correlation, id, payload } = mapping
  return [service, type, aggregate, createdAt, correlation, id, payload].some(
    (template) => template !== undefined,
  )
}
