import { html, type Html, type HtmlValue } from './html.ts'

export interface TableColumn {
  label: string
  /** Aligned to the right, digits of one width. */
  isNumber?: boolean
}

/** Rows beneath each other, each headed by its first cell; on a phone every row becomes a block with its labels. */
export function dataTable(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly HtmlValue[])[],
): Html {
  const kind = ({ isNumber }: TableColumn): string => (isNumber === true ? 'number' : 'text')
  return html`<table class="data">
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.label}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${columns.map((column, i) =>
              i === 0
                ? html`<th scope="row">${cells[i]}</th>`
                : html`<td class="${kind(column)}" data-label="${column.label}">
                    <span>${cells[i]}</span>
                  </td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** The first rows, and the others behind one line that opens them. */
export function longTable(
  id: string,
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly HtmlValue[])[],
  { shown, more }: { shown: number; more: (count: number) => string },
): Html {
  // one row more takes no more room than the line that would hide it
  if (rows.length <= shown + 1) return dataTable(caption, columns, rows)
  return html`${dataTable(caption, columns, rows.slice(0, shown))}
    <details id="${id}-more">
      <summary>${more(rows.length - shown)}</summary>
      ${dataTable(`${caption}, continued`, columns, rows.slice(shown))}
    </details>`
}
