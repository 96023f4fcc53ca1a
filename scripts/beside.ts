import type { Plugin } from 'esbuild'

/**
 * Adapters that bring a driver of a megabyte, and the server, stand in files of their own, which are read when such a
 * database is named or the server started: every start reads the program whole, and most never need them.
 */
export const BESIDE = [
  'src/event-store/mongodb.ts',
  'src/object-store/s3.ts',
  'src/report-store/mongodb.ts',
  'src/report-store/postgres.ts',
  'src/server/start-server.ts',
] as const

/** What the program, in dist/cli/, imports from there. */
export const besideAdapters: Plugin = {
  name: 'beside-adapters',
  setup: (build) => {
    build.onResolve({ filter: /^\.\/(?:mongodb|postgres|s3)\.ts$/ }, ({ importer, path, kind }) => {
      const folder = /[\\/](event-store|object-store|report-store)[\\/]open\.ts$/u.exec(importer)?.[1]
      if (folder === undefined || kind !== 'dynamic-import') return undefined
      return { path: `../${folder}/${path.slice(2, -3)}.js`, external: true }
    })
    build.onResolve({ filter: /^\.\.\/server\/start-server\.ts$/ }, () => ({
      path: '../server/start-server.js',
      external: true,
    }))
  },
}
