import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * zod with its messages in English; those in other languages, half of its size, are taken from where it is installed
 * when somebody asks for one. Reading them at every start takes longer than opening both databases.
 */
export const leanZod: Plugin = {
  name: 'lean-zod',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, async ({ path }) => ({
      contents: locales(Object.keys((await import(path)) as object)),
      resolveDir: dirname(path),
    }))
  },
}

function locales(names: readonly string[]): string {
  return [
    "import { createRequire } from 'node:module'",
    "const load = () => createRequire(import.meta.url)('zod/v4/locales')",
    "export { default as en } from './en.js'",
    ...names
      .filter((name) => name !== 'en')
      .map((name) => `export const ${name} = (...given) => load().${name}(...given)`),
  ].join('\n')
}

/** The library takes zod from the file beside it, so that there is one. */
export const zodBeside: Plugin = {
  name: 'zod-beside',
  setup: (build) => {
    build.onResolve({ filter: /^zod$/ }, () => ({ path: './zod.js', external: true }))
  },
}
