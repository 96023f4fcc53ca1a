import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DemetraError, EXIT } from './errors.ts'
import { didYouMean } from './text/did-you-mean.ts'
import { registerUserFiles } from './user-files/resolve-hook.ts'

/** The folders of a project that hold the user's definitions, and what one of them is called. */
export const USER_FOLDERS = {
  events: 'event type',
  projections: 'projection',
  imports: 'import map',
} as const
export type UserFolder = keyof typeof USER_FOLDERS

export interface UserFile {
  /** The file's name without its ending: a projection's NAME. */
  name: string
  file: string
}

/** Loads a file of the user; what is wrong with it becomes a DemetraError that says where and what to do. */
export async function importUserFile(file: string): Promise<Record<string, unknown>> {
  registerUserFiles()
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    const { loaderError } = await import('./user-files/loader-error.ts')
    throw loaderError(error, file)
  }
}

/** Loads a file's default export. */
export async function importDefault(file: string): Promise<unknown> {
  const module = await importUserFile(file)
  if (module['default'] !== undefined) return module['default']
  throw new DemetraError(`${file} has no default export`, {
    code: 'DEMETRA_FILE_BROKEN',
    exitCode: EXIT.failed,
    hints: ['a definition is exported as `export default define…({ … })`'],
    context: { file },
  })
}

/** The `.ts` and `.js` files under a folder of the project, tests and declarations left out, sorted by name. */
export function listUserFiles(project: string, folder: UserFolder): UserFile[] {
  const root = join(project, folder)
  if (!existsSync(root)) return []
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/u.test(path) && !/\.(?:test|spec|d)\.[jt]s$/u.test(path))
    .filter((path) => !/(?:^|[\\/])(?:node_modules|\.[^\\/]*)[\\/]/u.test(path))
    .map((path) => ({ name: basename(path).replace(/\.[jt]s$/u, ''), file: join(root, path) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const [index, { name, file }] of files.entries()) {
    const next = files[index + 1]
    if (next?.name === name) {
      throw new DemetraError(`Two files are named '${name}': ${file} and ${next.file}`, {
        code: 'DEMETRA_NAME_TWICE',
        exitCode: EXIT.usage,
        context: { name, file },
      })
    }
  }
  return files
}

/** The file of that NAME; where there is none, says which there are. */
export function findUserFile(project: string, folder: UserFolder, name: string): UserFile {
  const direct = ['.ts', '.js'].map((ending) => join(project, folder, name + ending))
  const found = /^[\w-]+$/u.test(name) ? direct.filter((file) => existsSync(file)) : []
  if (found.length === 1 && found[0] !== undefined) return { name, file: found[0] }
  const files = listUserFiles(project, folder)
  const file = files.find((candidate) => candidate.name === name)
  if (file !== undefined) return file
  const names = files.map((candidate) => candidate.name)
  throw new DemetraError(`There is no ${USER_FOLDERS[folder]} '${name}'${didYouMean(name, names)}`, {
    code: 'DEMETRA_UNKNOWN_NAME',
    exitCode: EXIT.usage,
    hints: [
      names.length > 0
        ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
        : `${join(project, folder)} holds none; \`demetra init\` makes an example`,
    ],
    context: { name, folder: join(project, folder) },
  })
}
