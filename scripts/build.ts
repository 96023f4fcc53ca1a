/**
 * Builds dist/: the command line as one file, the library, the declarations for the users' TypeScript, and oclif's
 * manifest, from which help and completion are made.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { Config, Plugin, type Interfaces } from '@oclif/core'
import { besideAdapters, BESIDE } from './beside.ts'
import { commandTable } from './command-table.ts'
import { lazyBuiltins } from './lazy-builtins.ts'
import { lazyOclif } from './lazy-oclif.ts'
import { leanZod, zodBeside } from './lean-zod.ts'

const root = dirname(import.meta.dirname)
process.chdir(root)

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** Everything is made here and takes its place at the end, so that a failed build leaves the last good one. */
const OUT = 'dist.new'

/** What the status page has a browser load; served as they are. */
const PAGE_ASSETS = join('server', 'page', 'assets')

/** Each is one file: opening many takes longer than reading a long one, of which little is ever compiled. */
const PROGRAMS = [
  'src/cli/main.ts',
  'src/cli/help.ts',
  'src/register.ts',
  'src/event-store/sqlite-writer.ts',
  'src/segment/block-worker.ts',
]

async function bundle(): Promise<void> {
  const { version } = readJson('node_modules/zod/package.json') as { version: string }
  const options = {
    outdir: OUT,
    outbase: 'src',
    chunkNames: '[name]-[hash]',
    bundle: true,
    // a file half as long starts sooner; names and lines stay, for the stack of a bug is read by people
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    define: { 'process.env.DEMETRA_ZOD_VERSION': JSON.stringify(version) },
    external: ['typescript', 'pnpapi'],
    plugins: [commandTable, lazyOclif, lazyBuiltins],
    legalComments: 'none',
    logLevel: 'warning',
  } satisfies BuildOptions
  const library = { ...options, plugins: [zodBeside, lazyBuiltins], splitting: true }
  await Promise.all([
    build({ ...options, plugins: [...options.plugins, besideAdapters], entryPoints: PROGRAMS }),
    build({
      ...options,
      // many small files of its own, which it also finds by their paths; a server starts seldom
      external: [...options.external, 'fastify'],
      plugins: [lazyBuiltins],
      splitting: true,
      entryPoints: [...BESIDE],
    }),
    build({ ...library, entryPoints: ['src/index.ts', 'src/testing.ts'] }),
    build({ ...options, plugins: [lazyBuiltins], entryPoints: ['src/client.ts'] }),
    build({ ...options, plugins: [leanZod, lazyBuiltins], entryPoints: ['src/zod.ts'], minify: true }),
  ])
}

function declarations(): void {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', OUT], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the declarations did not compile')
}

async function manifest(): Promise<void> {
  const pjson = readJson('package.json') as Interfaces.PJSON
  pjson.oclif.commands = './src/commands'
  const config = await Config.load({ root, pjson, ignoreManifest: true })
  const plugin = config.getPluginsList().find(({ root: folder }) => folder === root)
  if (!(plugin instanceof Plugin)) throw new Error('oclif did not find its own package')
  writeFileSync('oclif.manifest.json', JSON.stringify(plugin.manifest))
}

rmSync(OUT, { recursive: true, force: true })
declarations()
await bundle()
cpSync(join('src', PAGE_ASSETS), join(OUT, PAGE_ASSETS), { recursive: true })
rmSync('dist', { recursive: true, force: true })
renameSync(OUT, 'dist')
await manifest()
