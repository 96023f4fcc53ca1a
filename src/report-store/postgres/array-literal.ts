/** A list of values in PostgreSQL's own notation: `{"a","b",NULL}`. Quoting is safe for every type. */
export class ArrayLiteral {
  readonly #parts: string[] = []

  push(value: string | null): void {
    this.#parts.push(value === null ? 'NULL' : quotedElement(value))
  }

  toString(): string {
    return `{${this.#parts.join(',')}}`
  }
}

export function arrayLiteral(values: readonly string[]): string {
  return `{${values.map(quotedElement).join(',')}}`
}

function quotedElement(value: string): string {
  return `"${/["\\]/u.test(value) ? value.replaceAll(/["\\]/gu, String.raw`\$&`) : value}"`
}
