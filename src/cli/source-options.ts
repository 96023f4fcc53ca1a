import { eventCheck } from '../import/event-check.ts'
import { loadEventTypes, loadImportDefinition } from '../user-files/definitions.ts'
import type { Settings } from './settings.ts'
import { mappingOf, positionOf, type ReadFlags } from './source-flags.ts'

/** What the flags and the configuration say of how a dump is read: the same for import and verify. */
export async function sourceOptions(flags: ReadFlags, settings: Settings, signal: AbortSignal) {
  const cwd = process.cwd()
  return {
    check: eventCheck(await loadEventTypes(settings.folder), settings.strict),
    mapping: mappingOf(flags),
    loadDefinition: (path: string) => loadImportDefinition(path, cwd),
    format: flags.format,
    delimiter: flags.delimiter,
    records: flags.records,
    maxRecordBytes: flags['max-record-bytes'],
    position: positionOf(flags),
    strict: settings.strict,
    receivedAt: Date.now(),
    now: Date.now,
    signal,
  }
}
