import { join } from 'node:path'
import { Done } from '../spool/done.ts'
import { readLines } from '../spool/read-lines.ts'
import { linesOf } from '../spool/record.ts'
import { doneName, listSegments } from '../spool/segment-names.ts'

/** How many events a spool still holds, by its lines. */
export function countLeft(folder: string): number {
  let left = 0
  for (const name of listSegments(folder)) {
    const done = new Done(join(folder, doneName(name)))
    done.refresh()
    for (let at = done.endOf(0); ;) {
      const bytes = readLines(join(folder, name), at)
      if (bytes.length === 0) break
      for (const { from } of linesOf(bytes)) left += done.has(at + from) ? 0 : 1
      at += bytes.length
    }
  }
  return left
}
