/** What an import of one source would do. */
export interface VerifyResult {
  source: string
  format: string | null
  records: number
  events: number
  /** Would be written. */
  new: number
  duplicatesInSource: number
  duplicatesInStore: number
  /** With a stored event of the same id, or with an earlier one of the source. */
  conflicts: number
  rejected: number
  ignored: number
  identical: number
  bytes: number
  seconds: number
  types: Record<string, TypeCounts>
  /** By reason, with places. */
  rejects: Record<string, { count: number; samples: Sample[] }>
  duplicateSamples: Sample[]
  conflictSamples: Sample[]
}

export interface TypeCounts {
  events: number
  new: number
  duplicates: number
  conflicts: number
  /** Of rejected records, those whose type could be told. */
  rejected: number
}

export interface Sample {
  record: number
  line: number
  byteOffset: number
  /** What is wrong, or the event's id. */
  message: string
}

export function emptyVerifyResult(source: string): VerifyResult {
  return {
    source,
    format: null,
    records: 0,
    events: 0,
    new: 0,
    duplicatesInSource: 0,
    duplicatesInStore: 0,
    conflicts: 0,
    rejected: 0,
    ignored: 0,
    identical: 0,
    bytes: 0,
    seconds: 0,
    types: Object.create(null) as Record<string, TypeCounts>,
    rejects: {},
    duplicateSamples: [],
    conflictSamples: [],
  }
}

/** Beyond so many types the rest is counted together: the memory stays flat. */
const MAX_TYPES = 10_000
const OTHER_TYPES = '(other types)'

export function typeCounts(result: VerifyResult, type: string): TypeCounts {
  const known = result.types[type]
  if (known !== undefined) return known
  const name = Object.keys(result.types).length < MAX_TYPES ? type : OTHER_TYPES
  return (result.types[name] ??= { events: 0, new: 0, duplicates: 0, conflicts: 0, rejected: 0 })
}
