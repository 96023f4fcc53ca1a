import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * How the bundle gets Node's own modules. `import 'node:fs'` reads every export, `promises` among them, and so loads
 * streams, readline and more: several milliseconds that `process.getBuiltinModule` does not take. `node:crypto` and
 * `node:worker_threads` are dear in themselves, and a run with nothing to do does not use them: their functions and
 * classes load them when they are first called.
 */
const DEAR = /^node:(?:crypto|worker_threads)$/
/** A worker's own file uses what is no function (`parentPort`), at once. */
const WORKERS = /-(?:writer|worker)\.ts$/

export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (build) => {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind, importer }) => {
      if (!isBuiltin(path)) return undefined
      const name = path.startsWith('node:') ? path : `node:${path}`
      if (kind === 'require-call') return { path: name, namespace: 'required' }
      return { path: name, namespace: DEAR.test(name) && !WORKERS.test(importer) ? 'dear' : 'imported' }
    })
    build.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
    build.onLoad({ filter: /./, namespace: 'imported' }, async ({ path }) => ({
      contents: await write(path, (name) => `/* @__PURE__ */ (() => load().${name})()`),
    }))
    build.onLoad({ filter: /./, namespace: 'dear' }, async ({ path }) => ({
      contents: await write(path, (name) => (/^[A-Z]/.test(name) ? lateClass(name) : lateFunction(name))),
    }))
  },
}

/** A module with the exports of Node's, of which only those that are used stay in the bundle. */
async function write(path: string, value: (name: string) => string): Promise<string> {
  const names = Object.keys((await import(path)) as object).filter((name) => name !== 'default')
  return [
    `let module; const load = () => (module ??= process.getBuiltinModule('${path}'))`,
    ...names.map((name) => `export const ${name} = ${value(name)}`),
    'export default /* @__PURE__ */ load()',
  ].join('\n')
}

function lateFunction(name: string): string {
  return `(...given) => load().${name}(...given)`
}

function lateClass(name: string): string {
  return `/* @__PURE__ */ new Proxy(class {}, { construct: (_, given) => Reflect.construct(load().${name}, given) })`
}
