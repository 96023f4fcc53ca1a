import { EventError } from './assemble.ts'
import { ExactJsonError, parseExact, type ExactJson } from './exact-json.ts'

export interface ReadExactOptions {
  /** How much deeper than a payload it may go. */
  levels?: number
  /** What of the event it is. */
  where?: string
}

/** What a JSON text of an event says. Throws EventError, which names the character. */
export function readExact(text: string, { levels = 0, where }: ReadExactOptions = {}): ExactJson {
  try {
    return parseExact(text, levels)
  } catch (error) {
    if (!(error instanceof ExactJsonError)) throw error
    const what = where === undefined ? '' : `${where}: `
    throw new EventError(error.code, `${what}${error.message} (character ${error.offset + 1})`)
  }
}
