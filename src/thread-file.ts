import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The entry point of a thread, `src/<folder>/<name>.ts`; in the build, where the code here may stand in a chunk of any
 * folder of dist/, `dist/<folder>/<name>.js`.
 */
export function threadFile(folder: string, name: string): URL {
  if (import.meta.url.endsWith('.ts')) return new URL(`./${folder}/${name}.ts`, import.meta.url)
  const places = [`./${name}.js`, `./${folder}/${name}.js`, `../${folder}/${name}.js`]
  const urls = places.map((place) => new URL(place, import.meta.url))
  const found = urls.find((url) => existsSync(fileURLToPath(url)))
  if (found === undefined) throw new Error(`${name}.js is not beside ${import.meta.url}`)
  return found
}
