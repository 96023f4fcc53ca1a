import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Demetra runs from its TypeScript sources (bin/dev.js, tests), not from the built package. */
export const fromSource = import.meta.url.endsWith('.ts')

/** The folder of the package, where package.json and templates/ are. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The URL of one of Demetra's own modules, by its path under src/ without the ending: `index`, `commands/import`. */
export function ownModuleUrl(path: string): string {
  const file = fromSource ? join(packageRoot, 'src', `${path}.ts`) : join(packageRoot, 'dist', `${path}.js`)
  return pathToFileURL(file).href
}

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder))
}
