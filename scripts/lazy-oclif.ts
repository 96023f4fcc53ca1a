import { createRequire, isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * What oclif is built on, and those parts of it that running a command does not need, wait in the bundle until
 * somebody asks for one of their functions. A run with nothing to do starts in half the time for it.
 */
const LAZY_PARTS =
  /@oclif[\\/]core[\\/]lib[\\/](?:(?:config|help|ux)[\\/]index|help[\\/]util|module-loader|performance)\.js$/
const LAZY_BUILTINS = /^(?:node:)?(?:child_process|fs\/promises|perf_hooks|readline|tty)$/
const OCLIF = /[\\/]@oclif[\\/]core[\\/]/

const NAMESPACE = 'lazy'
const require = createRequire(import.meta.url)

export const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup: (build) => {
    // help and completion use oclif as it is installed; what a run needs of it, by sub-path, is in the bundle
    build.onResolve({ filter: /^@oclif\/core$/ }, ({ path }) => ({ path, external: true }))

    build.onResolve(
      { filter: /./, namespace: 'file' },
      async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'require-call' || pluginData === NAMESPACE || !OCLIF.test(importer)) return undefined
        if (isBuiltin(path)) return LAZY_BUILTINS.test(path) ? { path, namespace: NAMESPACE } : undefined
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: NAMESPACE })
        const lazy = found.errors.length === 0 && (!OCLIF.test(found.path) || LAZY_PARTS.test(found.path))
        return lazy && !found.external ? { path: found.path, namespace: NAMESPACE } : found
      },
    )

    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: stand(path),
      resolveDir: isBuiltin(path) ? process.cwd() : path.replace(/[^\\/]*$/, ''),
    }))
  },
}

/** A module that stands for another one, and loads it when something of it is used. */
function stand(path: string): string {
  const { __esModule = false } = require(path) as { __esModule?: boolean }
  return `
    const load = () => require(${JSON.stringify(path)})
    module.exports = new Proxy(function () {}, {
      get: (_, key) => (key === '__esModule' ? ${__esModule} : load()[key]),
      apply: (_, self, given) => Reflect.apply(load(), self, given),
    })`
}
