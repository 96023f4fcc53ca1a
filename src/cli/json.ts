/** A document as `--json` prints it: positions and other bigints are decimal strings. */
export function toJsonText(document: unknown): string {
  return `${JSON.stringify(document, replaceBigint, 2)}\n`
}

function replaceBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
