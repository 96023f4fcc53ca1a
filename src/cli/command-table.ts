import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../package-root.ts'
import type { BaseCommand } from './base-command.ts'

export type CommandClass = (new (...args: ConstructorParameters<typeof BaseCommand>) => BaseCommand) &
  typeof BaseCommand

/** Commands by their words, `token create`, each loaded when it is wanted. */
export type CommandTable = Readonly<Record<string, () => Promise<{ default: CommandClass }>>>

/** From the files of src/commands; in the bundle a table that scripts/command-table.ts writes stands here. */
export function commandTable(): CommandTable {
  const folder = join(packageRoot, 'src', 'commands')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  return Object.fromEntries(
    files.map((file) => [
      file.replace(/\.ts$/u, '').replaceAll(/[\\/]/gu, ' '),
      () => import(pathToFileURL(join(folder, file)).href) as Promise<{ default: CommandClass }>,
    ]),
  )
}
