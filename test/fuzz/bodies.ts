import { cloudEventToLine } from '../../src/server/cloud-event.ts'
import { readBinary } from '../../src/server/cloud-event-headers.ts'
import { cloudEventHeaders, cloudEventText } from './cloud-event-text.ts'
import { eventText, goodMembers } from './event-text.ts'
import type { Judge } from './judge.ts'
import type { Random } from './random.ts'
import type { Request } from './request.ts'
import { breakBytes, breakText } from './rubbish.ts'

/** What a request brings, before it is packed and framed. */
export interface Body extends Pick<Request, 'judged' | 'certainty' | 'isBatch'> {
  what: string
  contentType: string
  headers: readonly string[]
  bytes: Buffer
}

export class Bodies {
  readonly #judge: Judge
  readonly #batchEvents: number
  /** Lines of events that are stored. */
  readonly #storedLines: readonly string[]

  constructor(judge: Judge, batchEvents: number, storedLines: readonly string[]) {
    this.#judge = judge
    this.#batchEvents = batchEvents
    this.#storedLines = storedLines
  }

  draw(random: Random): Body {
    const kind = random.below(20)
    if (kind < 9) return this.#one(random)
    if (kind < 14) return this.#ndjson(random)
    if (kind < 16) return this.#structured(random)
    if (kind < 18) return this.#binary(random)
    return this.#cloudEvents(random)
  }

  #one(random: Random): Body {
    let bytes: Buffer = Buffer.from(this.#line(random))
    if (random.chance(0.05)) bytes = breakBytes(bytes, random)
    return {
      what: 'one event',
      contentType: 'application/json',
      headers: [],
      bytes,
      judged: [this.#judge.one(bytes)],
      certainty: 'exact',
      isBatch: false,
    }
  }

  #ndjson(random: Random): Body {
    const count = random.chance(0.003) ? this.#batchEvents + 1 : random.below(8)
    let text = ''
    for (let i = 0; i < count; i += 1) {
      text += this.#line(random) + random.pick(['\n', '\n', '\n', '\r\n', '\n\n', '\n \t\n'])
    }
    if (random.chance(0.3)) text = text.trimEnd()
    if (random.chance(0.005)) text += '\n'.repeat(random.below(50_000))
    if (random.chance(0.05)) text = `\ufeff${text}`
    let bytes: Buffer = Buffer.from(text)
    if (random.chance(0.05)) bytes = breakBytes(bytes, random)
    const judged = this.#judge.ndjson(bytes)
    return {
      what: `NDJSON of ${count}`,
      contentType: random.pick(['application/x-ndjson', 'application/x-ndjson', 'application/jsonl']),
      headers: [],
      bytes,
      judged,
      certainty: judged.length > this.#batchEvents || judged.length === 0 ? 'may' : 'exact',
      isBatch: true,
    }
  }

  #structured(random: Random): Body {
    const bytes = Buffer.from(this.#cloudEvent(random))
    return {
      what: 'structured',
      contentType: 'application/cloudevents+json; charset=utf-8',
      headers: [],
      bytes,
      judged: [this.#judge.cloudEvent(bytes.toString())],
      certainty: 'exact',
      isBatch: false,
    }
  }

  #binary(random: Random): Body {
    const members = goodMembers(random)
    const headers = cloudEventHeaders(random, members)
    const bytes = Buffer.from(random.chance(0.8) ? members.payload : breakText(members.payload, random))
    const contentType = random.pick([
      'application/json',
      'text/json',
      'application/vnd.shop+json',
      'text/plain',
      '',
    ])
    const read: Record<string, string> = contentType === '' ? {} : { 'content-type': contentType }
    for (const header of headers) {
      const colon = header.indexOf(':')
      const [name, value] = [header.slice(0, colon), header.slice(colon + 1).trim()]
      read[name] = read[name] === undefined ? value : `${read[name]}, ${value}`
    }
    // without these two it is not in binary mode at all
    const isBinary = read['ce-specversion'] !== undefined || read['ce-id'] !== undefined
    const judged = this.#judge.line(() => cloudEventToLine(readBinary(read, bytes)))
    const certainty = isBinary ? 'exact' : 'may'
    return { what: 'binary', contentType, headers, bytes, judged: [judged], certainty, isBatch: false }
  }

  #cloudEvents(random: Random): Body {
    const texts = Array.from({ length: random.below(6) }, () => this.#cloudEvent(random))
    const bytes = Buffer.from(`[${texts.join(random.pick([',', ' , ', '\n,\r\n']))}]`)
    const judged = this.#judge.cloudEvents(bytes)
    return {
      what: 'batch of CloudEvents',
      contentType: 'application/cloudevents-batch+json',
      headers: [],
      bytes,
      judged,
      // one that is broken may break the array
      certainty: judged.length === 0 || judged.includes(null) ? 'may' : 'exact',
      isBatch: true,
    }
  }

  /** Mostly good, some broken, some that are stored already, to the letter or with another payload. */
  #line(random: Random): string {
    const kind = random.below(10)
    if (kind === 0 && this.#storedLines.length > 0) {
      const line = random.pick(this.#storedLines)
      return random.chance(0.5) ? line : line.replace('"payload":{', '"payload":{"changed":1,')
    }
    const text = eventText(random, goodMembers(random))
    return kind < 4 ? breakText(text, random).replaceAll('\n', ' ') : text
  }

  #cloudEvent(random: Random): string {
    const text = cloudEventText(random, goodMembers(random))
    return random.chance(0.7) ? text : breakText(text, random)
  }
}
