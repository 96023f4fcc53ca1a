import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { DemetraConfig } from '../config.ts'
import { DemetraError, EXIT } from '../errors.ts'
import type { GlobalFlags } from './global-flags.ts'

/** The configuration of a run, complete: every URL absolute, every default filled in. */
export interface Settings {
  /** Where `events/`, `projections/` and `imports/` are: the folder of the configuration, else the working directory. */
  folder: string
  /** The configuration file, if there is one. */
  file: string | null
  store: string
  archive: string
  reports: string
  stabilityMs: number
  strict: boolean
}

const CONFIG_NAMES = ['demetra.config.ts', 'demetra.config.js', 'demetra.config.mjs']

/**
 * Reads the configuration: the file, then `DEMETRA_STORE`, `DEMETRA_ARCHIVE`, `DEMETRA_REPORTS`, then flags.
 * Relative paths count from the folder of the file where the file (or a default) says them, from the working
 * directory where the environment or a flag does.
 */
export async function readSettings(
  flags: GlobalFlags,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): Promise<Settings> {
  const file = flags.config === undefined ? findUpwards(cwd) : givenFile(resolve(cwd, flags.config))
  const folder = file === null ? cwd : dirname(file)
  const config = file === null ? {} : await loadConfig(file)
  const pick = (flag: string | undefined, variable: string, own: string | undefined, fallback: string) => {
    const told = flag ?? (env[variable] === '' ? undefined : env[variable])
    return told === undefined ? absoluteUrl(own ?? fallback, folder) : absoluteUrl(told, cwd)
  }
  return {
    folder,
    file,
    store: pick(flags.store, 'DEMETRA_STORE', config.store, 'sqlite:demetra.db'),
    archive: pick(flags.archive, 'DEMETRA_ARCHIVE', config.archive, 'file:archive'),
    reports: pick(flags.reports, 'DEMETRA_REPORTS', config.reports, 'sqlite:reports.db'),
    stabilityMs: config.stabilityMs ?? 5000,
    strict: config.strict ?? false,
  }
}

/** `sqlite:` and `file:` URLs with a relative path become absolute; all others stay as they are. */
export function absoluteUrl(url: string, folder: string): string {
  const match = /^(sqlite|file):(?!\/\/)(.+)$/su.exec(url)
  if (match === null) return url
  const [, scheme = '', path = ''] = match
  return path === ':memory:' || isAbsolute(path) ? url : `${scheme}:${resolve(folder, path)}`
}

function findUpwards(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    for (const name of CONFIG_NAMES) {
      const file = join(folder, name)
      if (existsSync(file)) return file
    }
    if (dirname(folder) === folder) return null
  }
}

function givenFile(file: string): string {
  if (existsSync(file)) return file
  throw new DemetraError(`There is no configuration file ${file}`, {
    code: 'DEMETRA_CONFIG_MISSING',
    exitCode: EXIT.inputMissing,
    hints: ['`demetra init` makes a project with one'],
    context: { file },
  })
}

const KEYS: Readonly<Record<keyof DemetraConfig, 'string' | 'number' | 'boolean'>> = {
  store: 'string',
  archive: 'string',
  reports: 'string',
  stabilityMs: 'number',
  strict: 'boolean',
}

async function loadConfig(file: string): Promise<DemetraConfig> {
  const { importUserFile } = await import('../user-files.ts')
  const config = (await importUserFile(file))['default']
  if (typeof config !== 'object' || config === null) {
    throw badConfig(file, 'has no default export; expected `export default defineConfig({ … })`')
  }
  for (const [key, value] of Object.entries(config)) {
    const expected = Object.hasOwn(KEYS, key) ? KEYS[key as keyof DemetraConfig] : null
    if (expected === null) {
      throw badConfig(file, `has an unknown key '${key}'; there are ${Object.keys(KEYS).join(', ')}`)
    }
    if (value !== undefined && typeof value !== expected) {
      throw badConfig(file, `says ${typeof value} for '${key}', expected a ${expected}`)
    }
  }
  return config
}

function badConfig(file: string, what: string): DemetraError {
  return new DemetraError(`The configuration ${file} ${what}`, {
    code: 'DEMETRA_CONFIG_INVALID',
    exitCode: EXIT.usage,
    context: { file },
  })
}
