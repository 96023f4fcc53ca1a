import type { Source } from '../import/source.ts'
import { percentText } from './numbers.ts'
import type { Progress } from './progress.ts'

/** Shows how far a source is read, and before that how much of a packed one is proven. */
export function showSource(progress: Progress, source: Source, events: number, text = ''): void {
  const { bytesRead, sizeBytes, isProving } = source
  if (isProving)
    progress.update(0, `its checksum first: ${percentText(bytesRead / (sizeBytes ?? bytesRead))}`)
  else progress.update(bytesRead, text, events)
}
