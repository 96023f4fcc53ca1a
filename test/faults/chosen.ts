import { randomInt } from 'node:crypto'

/** So many of each kind are tried; all of them: `DEMETRA_FAULTS=all npx vitest run test/faults --testTimeout 3600000`. */
const FAULTS = process.env['DEMETRA_FAULTS'] ?? '1'
export const IS_WHOLE = FAULTS === 'all'
/** What was chosen in a run that failed is chosen again with the seed that it names. */
export const SEED = Number(process.env['DEMETRA_FAULTS_SEED'] ?? randomInt(2 ** 31))

/** Some of what could be tried, by the seed; `of` tells one choice from another. */
export function chosen<Item>(of: string, items: readonly Item[]): readonly Item[] {
  if (IS_WHOLE) return items
  const random = randomOf(`${SEED} ${of}`)
  const left = [...items]
  return Array.from({ length: Math.min(Number(FAULTS), items.length) }, () => {
    const [item] = left.splice(Math.floor(random() * left.length), 1)
    return item as Item
  })
}

/** What came of it, where all was tried. */
export function tell(of: string, outcomes: ReadonlyMap<string, number>): void {
  if (!IS_WHOLE) return
  const lines = [...outcomes].map(([outcome, times]) => `  ${outcome}, ${times} times\n`)
  process.stderr.write(`${of}:\n${lines.join('')}`)
}

/** The same numbers from 0 to 1 for the same text (xmur3 and mulberry32). */
export function randomOf(text: string): () => number {
  let state = 0
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x9e3779b1) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
