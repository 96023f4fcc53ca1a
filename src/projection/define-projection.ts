import { isEventDefinition, type EventDefinition } from '../event/define-event.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { keyColumns, rowColumns } from './columns.ts'
import { invalidProjection } from './invalid-projection.ts'
import { hiddenColumns, indexLists } from './column-lists.ts'
import type { AtFunction, Handler, KeyedFold, Projection, RowState } from './projection.ts'
import type { EventSource, NoShape, ProjectionOptions, Shape } from './types.ts'

/**
 * A report as a keyed fold of the event log. Throws DEMETRA_PROJECTION_DEFINITION or
 * DEMETRA_SCHEMA_CHANGES_VALUES (exit 1) for what TypeScript would have refused, and for what it cannot see.
 */
export function defineProjection<
  const Sources extends readonly EventSource[],
  Key extends Shape,
  Row extends Shape,
  MemoryKey extends Shape = NoShape,
  MemoryRow extends Shape = NoShape,
>(options: ProjectionOptions<Sources, Key, Row, MemoryKey, MemoryRow>): Projection<Key, Row> {
  checkOptions(options)
  const sources = readSources(options.events)
  const fold = readFold(options, sources, '')
  const { keys, columns, at } = fold
  for (const type of sources.types) {
    if (!at.has(type) && !at.has('*')) {
      throw invalidProjection(`'at' does not say which rows an event of type '${type}' touches`)
    }
  }
  return {
    demetra: 'projection',
    version: options.version,
    ...fold,
    memory: options.memory === undefined ? null : readMemory(options.memory, sources),
    hidden: hiddenColumns(options.hide, keys, columns),
    indexes: indexLists(options.indexes, [...keys, ...columns]),
    definitions: sources.definitions,
    names: sources.names,
    readsAll: sources.readsAll,
    complete: (options.complete as ((row: RowState) => boolean) | undefined) ?? null,
  }
}

const OPTIONS = ['version', 'events', 'memory', 'key', 'row', 'at', 'when', 'complete', 'hide', 'indexes']
const MEMORY_OPTIONS = ['key', 'row', 'at', 'when']

type FoldOptions = Record<'key' | 'row' | 'at' | 'when', unknown>

/** `of`: `memory.`, or nothing for the report itself. */
function readFold(options: unknown, sources: SourceList, of: string): KeyedFold {
  const { key, row, at, when } = options as FoldOptions
  const keys = keyColumns(key as Shape)
  return {
    keys,
    columns: rowColumns(row as Shape, keys),
    at: readFunctions<AtFunction>(at, `${of}at`, sources),
    when: readFunctions<Handler>(when, `${of}when`, sources),
  }
}

function readMemory(memory: unknown, sources: SourceList): KeyedFold {
  if (typeof memory !== 'object' || memory === null) {
    throw invalidProjection(`'memory' is an object of ${MEMORY_OPTIONS.join(', ')}`)
  }
  const unknown = Object.keys(memory).find((name) => !MEMORY_OPTIONS.includes(name))
  if (unknown !== undefined) {
    throw invalidProjection(
      `'memory' has an unknown option '${unknown}'${didYouMean(unknown, MEMORY_OPTIONS)}`,
    )
  }
  return readFold(memory, sources, 'memory.')
}

function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null)
    throw invalidProjection('defineProjection takes an object')
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue
    throw invalidProjection(`it has an unknown option '${name}'${didYouMean(name, OPTIONS)}`, [
      `There are ${OPTIONS.join(', ')}`,
    ])
  }
  const { version, complete } = options as { version?: unknown; complete?: unknown }
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw invalidProjection(`'version' is a whole number from 1, got ${String(version)}`)
  }
  if (complete !== undefined && typeof complete !== 'function') {
    throw invalidProjection("'complete' is a function of the row")
  }
}

interface SourceList {
  definitions: EventDefinition[]
  names: string[]
  types: string[]
  readsAll: boolean
}

function readSources(events: unknown): SourceList {
  if (!Array.isArray(events) || events.length === 0) {
    throw invalidProjection("'events' lists what it reads: definitions from events/, names of types, or '*'")
  }
  const sources: SourceList = { definitions: [], names: [], types: [], readsAll: false }
  const taken = new Map<string, string>()
  for (const source of events as unknown[]) {
    if (source === '*') sources.readsAll = true
    else if (typeof source === 'string' && source !== '') sources.names.push(source)
    else if (isEventDefinition(source)) sources.definitions.push(source)
    else
      throw invalidProjection(
        `'events' holds ${describe(source)}, expected a definition or the name of a type`,
      )
  }
  for (const { type, formerly } of sources.definitions) claim(taken, [type, ...formerly], type)
  for (const name of sources.names) claim(taken, [name], name)
  sources.types = [...sources.definitions.map(({ type }) => type), ...sources.names]
  return sources
}

function claim(taken: Map<string, string>, names: readonly string[], type: string): void {
  for (const name of names) {
    const by = taken.get(name)
    if (by === type) throw invalidProjection(`'events' names '${name}' twice`)
    if (by !== undefined)
      throw invalidProjection(`the event types '${by}' and '${type}' both claim the name '${name}'`)
    taken.set(name, type)
  }
}

/** `at` and `when`: one function for all (only `at`), or one per type. */
function readFunctions<F>(given: unknown, part: string, sources: SourceList): Map<string, F> {
  const isAt = part.endsWith('at')
  if (isAt && typeof given === 'function') return new Map([['*', given as F]])
  if (typeof given !== 'object' || given === null) {
    throw invalidProjection(
      `'${part}' is ${isAt ? 'a function, or ' : ''}an object with one function per type`,
    )
  }
  const functions = new Map<string, F>()
  // where '*' alone is read, any type can be named
  const known = sources.types.length === 0 ? null : [...sources.types, '*']
  for (const [type, value] of Object.entries(given)) {
    if (known !== null && !known.includes(type)) {
      const hint = [`It reads ${known.slice(0, -1).join(', ')}`]
      throw invalidProjection(
        `'${part}' names the type '${type}', which is not in 'events'${didYouMean(type, known)}`,
        hint,
      )
    }
    if (typeof value !== 'function') throw invalidProjection(`'${part}' of '${type}' is not a function`)
    functions.set(type, value as F)
  }
  if (functions.size === 0) throw invalidProjection(`'${part}' is empty`)
  return functions
}

function describe(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : JSON.stringify(value)
}
