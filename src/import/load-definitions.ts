import { isAbsolute, resolve } from 'node:path'
import { isEventDefinition, type EventDefinition } from '../event/define-event.ts'
import { importDefault, importUserFile, listUserFiles } from '../user-files.ts'
import { checkImportDefinition, type ImportDefinition } from './mapping/define-import.ts'

/** Every event type that the files under `events/` of a project export. */
export async function loadEventDefinitions(project: string): Promise<EventDefinition[]> {
  const definitions = new Set<EventDefinition>()
  for (const { file } of listUserFiles(project, 'events')) {
    for (const value of Object.values(await importUserFile(file))) {
      if (isEventDefinition(value)) definitions.add(value)
    }
  }
  return [...definitions]
}

/** The map file at `path`, from `folder` where it is relative. */
export async function loadImportDefinition(path: string, folder: string): Promise<ImportDefinition> {
  const file = isAbsolute(path) ? path : resolve(folder, path)
  const definition = await importDefault(file)
  checkImportDefinition(definition, path)
  return definition
}
