/**
 * HTML that is safe by how it is made: `html` escapes whatever is put into it but what is `Html` already. Nothing here
 * takes HTML from a string.
 */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static of(strings: readonly string[], values: readonly HtmlValue[]): Html {
    return new Html(
      compact(strings)
        .map((text, i) => text + valueText(values[i]))
        .join(''),
    )
  }

  toString(): string {
    return this.#text
  }
}

export type HtmlValue = Html | string | number | null | undefined | readonly HtmlValue[]

/** Null, undefined and the empty text leave nothing; a list stands without anything between. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.of(strings, values)
}

const compacted = new WeakMap<readonly string[], readonly string[]>()

/** Without the blanks by which the source is indented: half of a long page. */
function compact(strings: readonly string[]): readonly string[] {
  let texts = compacted.get(strings)
  if (texts === undefined) {
    texts = strings.map((text) => text.replaceAll(/\n\s+/gu, '\n'))
    compacted.set(strings, texts)
  }
  return texts
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function valueText(value: HtmlValue): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(valueText).join('')
  return String(value).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '')
}
