import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { root } from './process.ts'

/**
 * Builds scripts of this folder into `folder`, ours and the peer's alike, and returns how each is started. From source,
 * Node would still be busy with the compiler that takes the types away while they are measured.
 */
export function built(folder: string): (name: string) => string {
  const scripts = ['replay-archive', 'replay-segments', 'fold-lines'].map((name) =>
    join(import.meta.dirname, `${name}.ts`),
  )
  buildSync({
    entryPoints: [
      ...scripts,
      join(root, 'src', 'event-store', 'sqlite-writer.ts'),
      join(root, 'src', 'segment', 'block-worker.ts'),
    ],
    outdir: join(folder, 'built'),
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node24',
  })
  writeFileSync(join(folder, 'built', 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return (name) => `'${process.execPath}' '${join(folder, 'built', `${name}.js`)}'`
}
