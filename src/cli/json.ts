import { randomUUID } from 'node:crypto'

/** JSON text that goes into a document as it stands: an event whose key order and long numbers must not change. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A document as `--json` prints it: positions and other bigints are decimal strings. */
export function toJsonText(document: unknown): string {
  const raw: string[] = []
  // JSON.stringify cannot write a text as it stands: it writes a mark that nothing else can contain
  let mark = ''
  const text = JSON.stringify(
    document,
    (_key, value: unknown) => {
      if (typeof value === 'bigint') return value.toString()
      if (!(value instanceof RawJson)) return value
      mark ||= randomUUID()
      return `${mark}-${raw.push(value.text) - 1}`
    },
    2,
  )
  if (raw.length === 0) return `${text}\n`
  return `${text.replace(new RegExp(`"${mark}-(\\d+)"`, 'g'), (_, index: string) => raw[Number(index)] as string)}\n`
}
