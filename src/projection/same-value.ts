/** Whether a column holds the same in two states of a row, as a database would tell. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return textOf(a) === textOf(b)
}

function textOf(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'unset')
}
