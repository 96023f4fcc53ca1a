import { createRequire, isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * What oclif is built on, and those parts of it that running a command does not need, stay out of the bundle: they are
 * taken from where oclif is installed when somebody asks for one of their functions. A run with nothing to do starts
 * in half the time for it.
 */
const LAZY_PARTS =
  /@oclif[\\/]core[\\/](lib[\\/](?:(?:config|help|ux)[\\/]index|help[\\/]util|module-loader|performance|screen)\.js)$/
const LAZY_BUILTINS = /^(?:node:)?(?:child_process|fs\/promises|perf_hooks|readline|tty)$/
const OCLIF = /[\\/]@oclif[\\/]core[\\/]/

const STAND = 'lazy'
const INSTALLED = 'installed-oclif'
const require = createRequire(import.meta.url)

export const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup: (build) => {
    // help and completion use oclif as it is installed; what a run needs of it, by sub-path, is in the bundle
    build.onResolve({ filter: /^@oclif\/core$/ }, ({ path }) => ({ path, external: true }))

    build.onResolve(
      { filter: /./, namespace: 'file' },
      async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'require-call' || pluginData === STAND || !OCLIF.test(importer)) return undefined
        if (isBuiltin(path)) return LAZY_BUILTINS.test(path) ? { path, namespace: STAND } : undefined
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: STAND })
        if (found.errors.length > 0 || found.external) return found
        const part = LAZY_PARTS.exec(found.path)?.[1]
        if (part === undefined && OCLIF.test(found.path)) return found
        return { path: part ?? path, namespace: STAND, pluginData: { esModule: isEsModule(found.path) } }
      },
    )
    build.onResolve({ filter: new RegExp(`^${INSTALLED}$`) }, ({ path }) => ({ path, namespace: INSTALLED }))

    build.onLoad({ filter: /./, namespace: STAND }, ({ path, pluginData }) => ({
      contents: isBuiltin(path) ? builtin(path) : stand(path, (pluginData as { esModule: boolean }).esModule),
      resolveDir: process.cwd(),
    }))
    build.onLoad({ filter: /./, namespace: INSTALLED }, () => ({
      contents: FROM_OCLIF,
      resolveDir: process.cwd(),
    }))
  },
}

function isEsModule(path: string): boolean {
  return Boolean((require(path) as { __esModule?: boolean }).__esModule)
}

/** Loads a part of oclif, `lib/…`, or a package that it depends on. */
const FROM_OCLIF = `
  import { createRequire } from 'node:module'
  import { dirname, join } from 'node:path'
  export function load(name) {
    const core = createRequire(import.meta.url).resolve('@oclif/core/package.json')
    return createRequire(core)(name.startsWith('lib/') ? join(dirname(core), name) : name)
  }`

/** A module that stands for another one, and loads it when something of it is used. */
function stand(name: string, esModule: boolean): string {
  return proxy(`require('${INSTALLED}').load(${JSON.stringify(name)})`, esModule)
}

function builtin(name: string): string {
  return proxy(`process.getBuiltinModule(${JSON.stringify(name)})`, false)
}

function proxy(loading: string, esModule: boolean): string {
  return `
    let loaded
    const load = () => (loaded ??= ${loading})
    module.exports = new Proxy(function () {}, {
      get: (_, key) => (key === '__esModule' ? ${esModule} : load()[key]),
      apply: (_, self, given) => Reflect.apply(load(), self, given),
    })`
}
