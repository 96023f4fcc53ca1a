import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'esbuild'

/** Writes out the table of commands that src/cli/command-table.ts reads from its folder. */
export const commandTable: Plugin = {
  name: 'command-table',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]src[\\/]cli[\\/]command-table\.ts$/ }, () => ({
      contents: `export function commandTable() { return { ${entries().join(', ')} } }`,
      resolveDir: process.cwd(),
    }))
  },
}

function entries(): string[] {
  return globSync('src/commands/**/*.ts').map((file) => {
    const words = file
      .replace(/^src[\\/]commands[\\/]/, '')
      .replace(/\.ts$/, '')
      .split(/[\\/]/)
    return `${JSON.stringify(words.join(' '))}: () => import(${JSON.stringify(resolve(file))})`
  })
}
