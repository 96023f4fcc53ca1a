/**
 * Builds dist/: one bundle in chunks, so that a command loads what it needs and nothing else; the declarations for
 * the users' TypeScript; and oclif's manifest, from which help and completion are made.
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { Config, Plugin } from '@oclif/core'
import { lazyBuiltins } from './lazy-builtins.ts'
import { lazyOclif } from './lazy-oclif.ts'

const root = dirname(import.meta.dirname)
process.chdir(root)

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** Everything is made here and takes its place at the end, so that a failed build leaves the last good one. */
const OUT = 'dist.new'

async function bundle(): Promise<void> {
  const { version } = readJson('node_modules/zod/package.json') as { version: string }
  await build({
    entryPoints: [
      'src/index.ts',
      'src/testing.ts',
      'src/register.ts',
      'src/zod.ts',
      'src/cli/main.ts',
      'src/cli/help.ts',
      ...globSync('src/commands/**/*.ts'),
      ...globSync('src/**/*-{writer,worker}.ts'),
    ],
    outdir: OUT,
    outbase: 'src',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    // identifiers stay: the stack of a bug is read by people
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    define: { 'process.env.DEMETRA_ZOD_VERSION': JSON.stringify(version) },
    external: ['typescript', 'pnpapi'],
    plugins: [lazyOclif, lazyBuiltins],
    legalComments: 'none',
    logLevel: 'warning',
  })
}

function declarations(): void {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', OUT], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the declarations did not compile')
}

async function manifest(): Promise<void> {
  const config = await Config.load({ root, ignoreManifest: true })
  const plugin = config.getPluginsList().find(({ root: folder }) => folder === root)
  if (!(plugin instanceof Plugin)) throw new Error('oclif did not find its own package')
  writeFileSync('oclif.manifest.json', JSON.stringify(plugin.manifest))
}

rmSync(OUT, { recursive: true, force: true })
declarations()
await bundle()
rmSync('dist', { recursive: true, force: true })
renameSync(OUT, 'dist')
await manifest()
