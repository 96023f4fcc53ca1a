import { EventError } from '../event/assemble.ts'
import { parseBigIntegers } from '../event/big-integers.ts'
import { formatIssue, type EventDefinition } from '../event/define-event.ts'
import { metaOf } from '../event/domain-event.ts'
import type { NewEvent } from '../event/event.ts'

/** Throws EventError: `unknown-type`, or `invalid-payload` with everything that does not fit. */
export type EventCheck = (event: NewEvent) => void

/** Checks payloads by the definitions under events/; with `strict`, a type without one is refused. */
export function eventCheck(definitions: readonly EventDefinition[], strict: boolean): EventCheck {
  const byType = new Map<string, EventDefinition>()
  for (const definition of definitions) {
    for (const type of [definition.type, ...definition.formerly]) byType.set(type, definition)
  }
  return (event) => {
    const definition = byType.get(event.type)
    if (definition === undefined) {
      if (strict)
        throw new EventError('unknown-type', `meta.type: no file under events/ defines ${event.type}`)
      return
    }
    const payload = parseBigIntegers(event.payload) as object
    const issues = definition.check(payload, metaOf(event, event.type))
    if (issues.length > 0) {
      throw new EventError(
        'invalid-payload',
        `payload: ${issues.map(formatIssue).join('; ')}`,
        issues.map(({ path, message }) => ({ path: join('payload', path), message })),
      )
    }
  }
}

function join(member: string, path: string): string {
  return path === '' || path.startsWith('[') ? `${member}${path}` : `${member}.${path}`
}
