export const NEWLINE = 10

/** Called with the bounds of a line, without its end. */
export type VisitLine = (start: number, end: number) => void

/** Chooses lines of a block's text. */
export interface LineFilter {
  eachLine(text: Buffer, visit: VisitLine): void
}

/** All lines of a text that ends in a line end. */
export function eachLine(text: Buffer, visit: VisitLine): void {
  for (let start = 0; start < text.length;) {
    const end = lineEnd(text, start)
    visit(start, end)
    start = end + 1
  }
}

/** The end of the line in which `at` stands. */
export function lineEnd(text: Buffer, at: number): number {
  const end = text.indexOf(NEWLINE, at)
  return end === -1 ? text.length : end
}
