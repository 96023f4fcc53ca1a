import { parsePayload } from '../event/domain-event.ts'
import type { StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'

/** An event on its way from the log to the reports: decoded once, however many reports read it. */
export class LogEvent {
  readonly stored: StoredEvent
  readonly #isShared: boolean
  #parsed: object | null = null
  #id: string | null = null

  /** `isShared`: several reports may ask for the payload. */
  constructor(stored: StoredEvent, isShared: boolean) {
    this.stored = stored
    this.#isShared = isShared
  }

  /** As handlers see it. */
  get id(): string {
    return (this.#id ??= this.stored.idText ?? formatUuid(this.stored.id))
  }

  /** One of its own for each who asks: what a handler does to it, or keeps of it in a row, no other report sees. */
  payload(): object {
    if (!this.#isShared) return parsePayload(this.stored)
    this.#parsed ??= parsePayload(this.stored)
    return copyOf(this.#parsed) as object
  }
}

/** Of what JSON can say. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf)
  // a spread defines properties, so that a member called __proto__ stays an ordinary one
  const copy: Record<string, unknown> = { ...value }
  for (const name in copy) {
    const member = copy[name]
    if (typeof member === 'object' && member !== null) copy[name] = copyOf(member)
  }
  return copy
}
