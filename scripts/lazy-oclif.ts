import type { Plugin } from 'esbuild'

/**
 * Parts of oclif, and of what it is built on, that running a command does not need: they wait in the bundle until
 * somebody asks for one of their functions. A projection with nothing to do starts twice as fast for it.
 */
const LAZY =
  /[\\/]node_modules[\\/](?:@oclif[\\/]core[\\/]lib[\\/](?:config|help|ux)[\\/]index\.js|@oclif[\\/]core[\\/]lib[\\/](?:help[\\/]util|module-loader|performance|util[\\/](?:os|read-pjson|find-root))\.js|(?:ejs|minimatch|tinyglobby|lilconfig|wrap-ansi|clean-stack|indent-string|cli-spinners|wordwrap|semver)[\\/])/

const NAMESPACE = 'lazy'

export const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve({ filter: /^@oclif\/core$/ }, ({ path }) => ({ path, external: true }))

    onResolve(
      { filter: /./, namespace: 'file' },
      async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'require-call' || pluginData === NAMESPACE || path.startsWith('node:')) return undefined
        if (!/@oclif[\\/]core/.test(importer)) return undefined
        const found = await resolve(path, { kind, importer, resolveDir, pluginData: NAMESPACE })
        return LAZY.test(found.path) ? { path: found.path, namespace: NAMESPACE } : found
      },
    )

    onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: `
        const load = () => require(${JSON.stringify(path)})
        module.exports = new Proxy(function () {}, {
          get: (_, key) => (key === '__esModule' ? ${/@oclif/.test(path)} : load()[key]),
          apply: (_, self, given) => Reflect.apply(load(), self, given),
        })`,
      resolveDir: path.replace(/[^\\/]*$/, ''),
    }))
  },
}
