import type { MoveResult } from './catalogue.ts'

/** Moves events part by part, so many at once, and tells of all what was told of each part. */
export async function moveInParts<Event>(
  events: readonly Event[],
  partEvents: number,
  inFlight: number,
  move: (part: readonly Event[]) => Promise<MoveResult>,
): Promise<MoveResult> {
  const result: MoveResult = { moved: 0, already: 0, left: [] }
  let next = 0
  const moveNext = async (): Promise<void> => {
    while (next < events.length) {
      const from = next
      next += partEvents
      const { moved, already, left } = await move(events.slice(from, from + partEvents))
      result.moved += moved
      result.already += already
      for (const { index, why } of left) result.left.push({ index: from + index, why })
    }
  }
  await Promise.all(Array.from({ length: inFlight }, moveNext))
  result.left.sort((a, b) => a.index - b.index)
  return result
}
