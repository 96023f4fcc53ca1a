import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * How the bundle gets Node's own modules. `import 'node:fs'` reads every export, `promises` among them, and so loads
 * streams, readline and more: several milliseconds that `process.getBuiltinModule` does not take. `node:crypto` and
 * `node:worker_threads` are dear in themselves, and a run with nothing to do does not use them: their functions and
 * classes load them when they are first called.
 */
const DEAR = /^(?:node:)?(?:crypto|worker_threads)$/
/** A worker's own file uses what is no function (`parentPort`), at once. */
const WORKERS = /-(?:writer|worker)\.ts$/

export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (build) => {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind, importer }) => {
      if (!isBuiltin(path)) return undefined
      const name = path.startsWith('node:') ? path : `node:${path}`
      const lazy =
        DEAR.test(path) &&
        kind === 'import-statement' &&
        !/node_modules/.test(importer) &&
        !WORKERS.test(importer)
      return { path: name, namespace: lazy ? 'dear-builtin' : 'builtin' }
    })
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
    build.onLoad({ filter: /./, namespace: 'dear-builtin' }, async ({ path }) => ({
      contents: await stand(path),
    }))
  },
}

async function stand(path: string): Promise<string> {
  const module = (await import(path)) as Record<string, unknown>
  const names = Object.keys(module).filter((name) => name !== 'default' && typeof module[name] === 'function')
  return [
    `let loaded; const load = () => (loaded ??= process.getBuiltinModule('${path}'))`,
    ...names.map((name) => `export const ${name} = ${/^[A-Z]/.test(name) ? construct(name) : call(name)}`),
  ].join('\n')
}

function call(name: string): string {
  return `(...given) => load().${name}(...given)`
}

function construct(name: string): string {
  return `new Proxy(class {}, { construct: (_, given) => Reflect.construct(load().${name}, given) })`
}
