import * as crypto from 'node:crypto'
import type { Plugin } from 'esbuild'

/**
 * Loading `node:crypto` takes several milliseconds, and a run with nothing to do neither hashes nor makes a UUID:
 * in the bundle its functions load it when they are first called.
 */
export const lazyCrypto: Plugin = {
  name: 'lazy-crypto',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:crypto$/ }, ({ path, kind, importer }) =>
      kind === 'import-statement' && !importer.includes('node_modules')
        ? { path, namespace: 'lazy-crypto' }
        : undefined,
    )
    onLoad({ filter: /./, namespace: 'lazy-crypto' }, () => ({ contents: functions() }))
  },
}

function functions(): string {
  const names = Object.entries(crypto).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
  )
  return [
    "let loaded; const load = () => (loaded ??= process.getBuiltinModule('node:crypto'))",
    ...names.map(([name]) => `export const ${name} = (...given) => load().${name}(...given)`),
  ].join('\n')
}
