import type { LineFilter } from './lines.ts'
import { LinesWith } from './lines-with.ts'
import { LinesOfTypes, type TypeChoice } from './lines-of-types.ts'

/** Which lines of a block are wanted, in a form that one thread can tell another; null: all. */
export type LineChoice = TypeChoice | { containing: string } | null

export function lineFilter(choice: LineChoice): LineFilter | null {
  if (choice === null) return null
  return 'containing' in choice ? new LinesWith(choice.containing) : new LinesOfTypes(choice)
}
