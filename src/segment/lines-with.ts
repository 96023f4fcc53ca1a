import { lineEnd, NEWLINE, type VisitLine } from './lines.ts'

/** Finds the lines that hold a text anywhere, without looking at the others. */
export class LinesWith {
  readonly #bytes: Buffer

  constructor(text: string) {
    this.#bytes = Buffer.from(text)
  }

  eachLine(text: Buffer, visit: VisitLine): void {
    for (let at = text.indexOf(this.#bytes); at !== -1;) {
      const end = lineEnd(text, at)
      visit(text.lastIndexOf(NEWLINE, at) + 1, end)
      at = text.indexOf(this.#bytes, end)
    }
  }
}
