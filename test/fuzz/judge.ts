import { isUtf8 } from 'node:buffer'
import { DemetraError } from '../../src/errors.ts'
import { EventError } from '../../src/event/assemble.ts'
import type { NewEvent } from '../../src/event/event.ts'
import { readEvent } from '../../src/event/read-event.ts'
import type { EventCheck } from '../../src/import/event-check.ts'
import { JsonSplitter } from '../../src/import/formats/json-splitter.ts'
import { NdjsonSplitter } from '../../src/import/formats/ndjson-splitter.ts'
import { cloudEventToLine, readStructured } from '../../src/server/cloud-event.ts'
import type { ServerLimits } from '../../src/server/limits.ts'

/** What an import would make of one record: an event, or nothing. */
export type Judged = NewEvent | null

/** Says what is an event and what is not as `demetra import` would, without a server. */
export class Judge {
  readonly #check: EventCheck
  readonly #limits: ServerLimits

  constructor(check: EventCheck, limits: ServerLimits) {
    this.#check = check
    this.#limits = limits
  }

  /** A body that is one event. */
  one(body: Buffer): Judged {
    if (body.length > this.#limits.eventBytes || !isUtf8(body)) return null
    return this.line(() => body.toString('utf8'))
  }

  ndjson(body: Buffer): Judged[] {
    const splitter = new NdjsonSplitter({ maxRecordBytes: this.#limits.eventBytes })
    return [...splitter.push(body), ...splitter.end()].map(({ bytes, error }) =>
      bytes === null || error !== undefined ? null : this.line(() => bytes.toString('utf8')),
    )
  }

  cloudEvents(body: Buffer): Judged[] {
    const splitter = new JsonSplitter({ maxRecordBytes: this.#limits.eventBytes })
    const judged: Judged[] = []
    try {
      for (const records of [splitter.push(body), splitter.end()]) {
        for (const { bytes, error } of records) {
          const isRecord = bytes !== null && error === undefined
          judged.push(isRecord ? this.cloudEvent(bytes.toString('utf8')) : null)
        }
      }
    } catch (error) {
      // it is no array
      if (!(error instanceof DemetraError)) throw error
    }
    return judged
  }

  cloudEvent(text: string): Judged {
    return this.line(() => cloudEventToLine(readStructured(text)))
  }

  line(text: () => string): Judged {
    try {
      const event = readEvent(text(), { receivedAt: 0 })
      this.#check(event)
      return event
    } catch (error) {
      if (error instanceof EventError) return null
      throw error
    }
  }
}
