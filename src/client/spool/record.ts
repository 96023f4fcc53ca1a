import { crc32 } from 'node:zlib'

/**
 * The form of everything in a spool directory. All of it is NDJSON that `jq` reads; a line begins with the CRC-32 of
 * what follows it, so that a torn or changed line is known by itself:
 *
 *     {"crc":"1a2b3c4d",REST OF THE LINE}        crc: of the bytes from behind its comma to the line end, not with it
 *
 * - `NUMBER-RANDOM.spool`: a segment of the spool, only ever appended to, one event a line:
 *   `{"crc":…,"at":1764000000000,"aggregate":"case/1","event":{…}}`. `at`: milliseconds since 1970, when it was spooled;
 *   `event`: to the byte what was and will be sent. The order of events is that of the segments' numbers, then of the
 *   lines. A new segment's number is above all others; the random part keeps a name from coming back.
 * - `NUMBER-RANDOM.done`: what `deliver` is through with, in bytes of the segment: `{"crc":…,"done":[[0,512],[900,1100]]}`.
 *   A segment that is done from start to end is removed with it.
 * - `refused.ndjson`: events set aside, with the reason: `{"crc":…,"at":…,"status":422,"reason":"…","event":{…}}`; of
 *   damage, `"raw"` instead of `event`: its bytes in base64.
 * - `store.json`: the store that the events are for. `append.lock`, `deliver.lock`: empty, see file-lock.ts.
 *   `deliver.owner`: who delivers.
 *
 * Who appends holds `append.lock` and finds either a line end at the end of the file, or the torn tail of a process that
 * was killed, and cuts that off: nobody was told that it is safe. Bytes up to a line end are never taken back, so that
 * everybody may read them at any time. `deliver` alone removes segments, under the same lock.
 */
const HEAD = '{"crc":"'
/** The CRC in hexadecimal, a quote and a comma. */
const HEAD_BYTES = HEAD.length + 8 + 2
const LINE_END = 10
const AT = /^"at":(\d{1,15}),"aggregate":/
/** Stands behind the aggregate, and cannot stand inside of it: there a backslash is before each quote. */
const BEFORE_EVENT = '","event":{'

export interface SpooledEvent {
  /** Milliseconds since 1970: when it was spooled. */
  at: number
  aggregate: string
  /** JSON text, sent as it is. */
  text: string
}

/** A stretch of a segment; together they cover all of what was looked at. */
export type Stretch = { from: number; to: number } & (
  | { kind: 'event'; event: SpooledEvent }
  /** No line of ours, or not any more. */
  | { kind: 'damaged'; raw: Buffer }
)

/** One line: `members` is the inside of a JSON object. */
export function checkedLine(members: string): Buffer {
  const rest = Buffer.from(`${members}}`)
  return Buffer.concat([Buffer.from(`${HEAD}${crcText(rest)}",`), rest, Buffer.of(LINE_END)])
}

export function eventLine({ at, aggregate, text }: SpooledEvent): Buffer {
  return checkedLine(`"at":${at},"aggregate":${JSON.stringify(aggregate)},"event":${text}`)
}

/** What stands behind the CRC of a line, without the line end; null where it is not what it was. */
export function checkedRest(line: Buffer): string | null {
  if (line.length < HEAD_BYTES || line.toString('latin1', 0, HEAD.length) !== HEAD) return null
  const rest = line.subarray(HEAD_BYTES)
  if (line.toString('latin1', HEAD.length, HEAD_BYTES) !== `${crcText(rest)}",`) return null
  return rest.toString()
}

/** How much of `bytes` is whole lines. */
export function wholeLines(bytes: Buffer): number {
  return bytes.lastIndexOf(LINE_END) + 1
}

/** Lines with where they stand, each without its line end; `bytes` ends in one. */
export function* linesOf(bytes: Buffer): Generator<{ line: Buffer; from: number; to: number }> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(LINE_END, from)
    yield { line: bytes.subarray(from, end), from, to: end + 1 }
    from = end + 1
  }
}

/** What whole lines of a segment hold, which stand in it from `base` on. */
export function* readStretches(bytes: Buffer, base: number): Generator<Stretch> {
  for (const { line, from, to } of linesOf(bytes)) yield* readLine(line, base + from, base + to)
}

function* readLine(line: Buffer, from: number, to: number): Generator<Stretch> {
  const event = readEvent(line)
  if (event !== null) return yield { kind: 'event', from, to, event }
  // where a line end is what was damaged, a whole line may follow on the same one
  for (let at = line.indexOf(HEAD, 1); at !== -1; at = line.indexOf(HEAD, at + 1)) {
    const rest = readEvent(line.subarray(at))
    if (rest === null) continue
    yield { kind: 'damaged', from, to: from + at, raw: line.subarray(0, at) }
    return yield { kind: 'event', from: from + at, to, event: rest }
  }
  yield { kind: 'damaged', from, to, raw: line }
}

function readEvent(line: Buffer): SpooledEvent | null {
  const rest = checkedRest(line)
  const [start, at] = AT.exec(rest ?? '') ?? []
  if (rest === null || start === undefined) return null
  const end = rest.indexOf(BEFORE_EVENT)
  if (end === -1) return null
  return {
    at: Number(at),
    aggregate: JSON.parse(rest.slice(start.length, end + 1)) as string,
    text: rest.slice(end + BEFORE_EVENT.length - 1, -1),
  }
}

function crcText(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0')
}
