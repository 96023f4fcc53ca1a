import { isEventDefinition, type EventDefinition } from '../event/define-event.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { keyColumns, rowColumns } from './columns.ts'
import { invalidProjection } from './invalid-projection.ts'
import type { AtFunction, Handler, Projection, RowState } from './projection.ts'
import type { EventSource, ProjectionOptions, Shape } from './types.ts'

/**
 * A report as a keyed fold of the event log. Throws DEMETRA_PROJECTION_DEFINITION or
 * DEMETRA_SCHEMA_CHANGES_VALUES (exit 1) for what TypeScript would have refused, and for what it cannot see.
 */
export function defineProjection<
  const Sources extends readonly EventSource[],
  Key extends Shape,
  Row extends Shape,
>(options: ProjectionOptions<Sources, Key, Row>): Projection<Key, Row> {
  checkOptions(options)
  const sources = readSources(options.events)
  const keys = keyColumns(options.key)
  const columns = rowColumns(options.row, keys)
  const at = readFunctions<AtFunction>(options.at, 'at', sources)
  const when = readFunctions<Handler>(options.when, 'when', sources)
  for (const type of sources.types) {
    if (!at.has(type) && !at.has('*')) {
      throw invalidProjection(`'at' does not say which rows an event of type '${type}' touches`)
    }
  }
  return {
    demetra: 'projection',
    version: options.version,
    keys,
    columns,
    definitions: sources.definitions,
    names: sources.names,
    readsAll: sources.readsAll,
    at,
    when,
    complete: (options.complete as ((row: RowState) => boolean) | undefined) ?? null,
  }
}

/** Of a later version. */
const TO_COME = ['memory', 'hide', 'indexes']
const OPTIONS = ['version', 'events', 'key', 'row', 'at', 'when', 'complete']

function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null)
    throw invalidProjection('defineProjection takes an object')
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue
    if (TO_COME.includes(name)) throw invalidProjection(`this Demetra does not know '${name}' yet`)
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
function readFunctions<F>(given: unknown, part: 'at' | 'when', sources: SourceList): Map<string, F> {
  if (part === 'at' && typeof given === 'function') return new Map([['*', given as F]])
  if (typeof given !== 'object' || given === null) {
    throw invalidProjection(
      `'${part}' is ${part === 'at' ? 'a function, or ' : ''}an object with one function per type`,
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
