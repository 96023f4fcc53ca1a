import { cutText, padText, printable, textWidth } from './text-width.ts'

export interface TableColumn {
  header: string
  align?: 'left' | 'right'
}

export interface TableOptions {
  /** Columns of the terminal; left out, as in a pipe: nothing is cut. */
  width?: number | undefined
}

/** Columns that a table was cut to never get narrower than this. */
const NARROWEST = 6
const GAP = '  '

/**
 * An aligned table, line by line. The widths come from the header and the first rows given, so that a report of
 * any length takes bounded memory; a later cell that is wider pushes its line to the right.
 */
export class Table {
  readonly #columns: readonly TableColumn[]
  readonly #widths: number[]
  readonly #cut: boolean

  constructor(
    columns: readonly TableColumn[],
    sample: readonly (readonly string[])[],
    options: TableOptions = {},
  ) {
    this.#columns = columns
    const natural = columns.map(({ header }, index) =>
      Math.max(
        textWidth(header),
        widestOf(sample, (row) => textWidth(printable(row[index] ?? ''))),
      ),
    )
    this.#cut = options.width !== undefined
    this.#widths = options.width === undefined ? natural : fit(natural, options.width)
  }

  head(): string {
    const rule = this.#widths.map((width) => '─'.repeat(width)).join(GAP)
    return `${this.line(this.#columns.map(({ header }) => header))}${rule}\n`
  }

  line(cells: readonly string[]): string {
    const parts = this.#widths.map((width, index) => {
      const text = printable(cells[index] ?? '')
      return padText(this.#cut ? cutText(text, width) : text, width, this.#columns[index]?.align)
    })
    return `${parts.join(GAP).trimEnd()}\n`
  }
}

/** A whole table at once, for results that are small. */
export function tableText(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = terminal(),
): string {
  const table = new Table(columns, rows, options)
  return table.head() + rows.map((row) => table.line(row)).join('')
}

/** On a terminal its width, so that lines are cut; in a pipe nothing. */
export function terminal(stream: NodeJS.WriteStream = process.stdout): TableOptions {
  return stream.isTTY && stream.columns > 0 ? { width: stream.columns } : {}
}

/** Takes from the widest columns until the line fits. */
function fit(natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  let excess = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1)) - width
  while (excess > 0) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) break
    const second = Math.max(NARROWEST, ...widths.filter((each) => each < widest))
    const at = widths.indexOf(widest)
    const taken = Math.max(1, Math.min(excess, widest - second))
    widths[at] = widest - taken
    excess -= taken
  }
  return widths
}

function widestOf(rows: readonly (readonly string[])[], measure: (row: readonly string[]) => number): number {
  let most = 0
  for (const row of rows) most = Math.max(most, measure(row))
  return most
}
