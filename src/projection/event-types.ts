import type { EventDefinition } from '../event/define-event.ts'
import { invalidProjection } from './invalid-projection.ts'
import type { Projection } from './projection.ts'

/** What a run reads, and how it decodes it. */
export interface ReadPlan {
  /** Names of types as stored, old ones among them; null: every type. */
  types: readonly string[] | null
  definitions: readonly EventDefinition[]
}

/** `eventTypes`: the definitions under events/. Throws DEMETRA_PROJECTION_DEFINITION. */
export function readPlan(projection: Projection, eventTypes: readonly EventDefinition[]): ReadPlan {
  const byType = new Map<string, EventDefinition>()
  for (const definition of [...eventTypes, ...projection.definitions]) byType.set(definition.type, definition)
  const definitions = [...byType.values()]
  const renamed = new Map<string, string>()
  for (const { type, formerly } of definitions) {
    for (const name of formerly) {
      const by = byType.has(name) ? name : renamed.get(name)
      if (by !== undefined && by !== type) {
        throw invalidProjection(`the event types '${by}' and '${type}' both claim the name '${name}'`)
      }
      renamed.set(name, type)
    }
  }
  const handlers = new Set([...projection.when.keys(), ...(projection.memory?.when.keys() ?? [])])
  const handled = [...handlers].filter((type) => type !== '*')
  const listed = [...projection.definitions.map(({ type }) => type), ...projection.names]
  for (const name of [...projection.names, ...handled]) {
    const now = renamed.get(name)
    if (now !== undefined) throw invalidProjection(`the event type '${name}' is called '${now}' now`)
  }
  const all = handlers.has('*')
  if (all && projection.readsAll) return { types: null, definitions }
  const types = all ? listed : handled
  return { types: types.flatMap((type) => [type, ...(byType.get(type)?.formerly ?? [])]), definitions }
}
