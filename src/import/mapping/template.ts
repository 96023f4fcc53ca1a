import { DemetraError, EXIT } from '../../errors.ts'

/** A template over a record's columns or paths: `case/{Case ID}`; `{{` and `}}` stand for the braces. */
export interface Template {
  readonly source: string
  readonly parts: readonly TemplatePart[]
}
export type TemplatePart = { literal: string } | { column: string }

/** Throws DemetraError (usage) naming the flag. */
export function parseTemplate(source: string, flag: string): Template {
  if (source === '') throw unusable(source, flag, 'it is empty')
  const parts: TemplatePart[] = []
  let literal = ''
  let at = 0
  while (at < source.length) {
    const char = source[at] as string
    if ((char === '{' || char === '}') && source[at + 1] === char) {
      literal += char
      at += 2
    } else if (char === '{') {
      const end = source.indexOf('}', at)
      if (end === -1) throw unusable(source, flag, 'a "{" without its "}"')
      if (literal !== '') parts.push({ literal })
      literal = ''
      parts.push({ column: source.slice(at + 1, end) })
      at = end + 1
    } else if (char === '}') {
      throw unusable(source, flag, 'a "}" without its "{"')
    } else {
      literal += char
      at += 1
    }
  }
  if (literal !== '') parts.push({ literal })
  return { source, parts }
}

function unusable(source: string, flag: string, what: string): DemetraError {
  return new DemetraError(`${flag} '${source}': ${what}`, {
    code: 'DEMETRA_TEMPLATE',
    exitCode: EXIT.usage,
    hints: [`Columns stand in braces, as in ${flag} 'case/{Case ID}'; write {{ for a brace itself.`],
  })
}

/** The column of a template that is exactly `{Column}`. */
export function soleColumn(template: Template): string | null {
  const [part] = template.parts
  return template.parts.length === 1 && part !== undefined && 'column' in part ? part.column : null
}

/**
 * What the template says for one record. `lookup` gives a column's text, or undefined where it is missing.
 * Returns null where all its columns are empty, or the name of the first empty one beside others.
 */
export function fillTemplate(
  template: Template,
  lookup: (column: string) => string | undefined,
): { text: string } | { emptyColumn: string; allEmpty: boolean } {
  let text = ''
  let empty: string | undefined
  let filled = 0
  for (const part of template.parts) {
    if ('literal' in part) {
      text += part.literal
      continue
    }
    const value = lookup(part.column)
    if (value === undefined || value === '') empty ??= part.column
    else {
      filled += 1
      text += value
    }
  }
  return empty === undefined ? { text } : { emptyColumn: empty, allEmpty: filled === 0 }
}
