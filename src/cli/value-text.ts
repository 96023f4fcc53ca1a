import { printable } from './text-width.ts'

/** A value of a row as it changes, for people. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'unset'
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return String(value)
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}
