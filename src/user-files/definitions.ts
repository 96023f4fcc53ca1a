import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DemetraError, EXIT } from '../errors.ts'
import { isEventDefinition, type EventDefinition } from '../event/define-event.ts'
import { checkImportDefinition, type ImportDefinition } from '../import/mapping/define-import.ts'
import { isProjection, needsEventTypes, type Projection } from '../projection/projection.ts'
import type { RunOptions } from '../projection/run-types.ts'
import { findUserFile, importDefault, importUserFile, listUserFiles } from '../user-files.ts'

/** The projection NAME of a project: the default export of `projections/NAME.ts`. */
async function loadProjection(project: string, name: string): Promise<Projection> {
  const { file } = findUserFile(project, 'projections', name)
  const definition = await importDefault(file)
  if (isProjection(definition)) return definition
  throw notDefined(file, 'projection', 'export default defineProjection({ … })')
}

/** What a run of the projection NAME takes from a project: its definition, and the event types where it wants them. */
export async function loadRun(
  project: string,
  name: string,
): Promise<Pick<RunOptions, 'name' | 'definition' | 'eventTypes'>> {
  const definition = await loadProjection(project, name)
  if (!needsEventTypes(definition)) return { name, definition }
  return { name, definition, eventTypes: await loadEventTypes(project) }
}

/** Every event type that the files under `events/` export; files that export other things alone are helpers. */
export async function loadEventTypes(project: string): Promise<EventDefinition[]> {
  const definitions: EventDefinition[] = []
  for (const { file } of listUserFiles(project, 'events')) {
    const exported = Object.values(await importUserFile(file))
    if (exported.length === 0) throw notDefined(file, 'event type', 'export default defineEvent({ … })')
    for (const value of exported) {
      if (isEventDefinition(value) && !definitions.includes(value)) definitions.push(value)
    }
  }
  return definitions
}

/** The map file at `path`, from `folder` where it is relative. */
export async function loadImportDefinition(path: string, folder: string): Promise<ImportDefinition> {
  const file = resolve(folder, path)
  if (!existsSync(file)) {
    throw new DemetraError(`There is no map file ${path}`, {
      code: 'DEMETRA_MAP_MISSING',
      exitCode: EXIT.usage,
      hints: [`Looked for ${file}: a relative path starts at the working directory`],
    })
  }
  const definition = await importDefault(file)
  checkImportDefinition(definition, path)
  return definition
}

function notDefined(file: string, what: string, expected: string): DemetraError {
  return new DemetraError(`${file} does not export a definition of a ${what}`, {
    code: 'DEMETRA_FILE_BROKEN',
    exitCode: EXIT.failed,
    hints: [`expected \`${expected}\``],
    context: { file },
  })
}
