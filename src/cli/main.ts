import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownModuleUrl, packageRoot } from '../package-root.ts'
import { normalizeArgv } from './argv.ts'
import type { BaseCommand } from './base-command.ts'
import { plainConfig } from './plain-config.ts'

/**
 * The command line: finds the command's file by its name, so that a run loads nothing but that, and leaves help,
 * completion and everything else that is not a command of ours to oclif.
 */
export async function main(given: readonly string[]): Promise<void> {
  const argv = normalizeArgv(given)
  try {
    await dispatch(argv)
  } catch (thrown) {
    const { tellThrown } = await import('./tell-failure.ts')
    tellThrown(thrown, argv)
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--version' || argv[0] === '-V') {
    const node = `${process.platform}-${process.arch} node-${process.version}`
    return void process.stdout.write(`demetra/${readVersion()} ${node}\n`)
  }
  const command = findCommand(argv)
  if (command !== null && !asksForHelp(argv)) return run(command, argv.slice(command.length))

  const subject = argv[0] === 'help' ? argv.slice(1) : argv
  if (findCommand(subject) !== null || isOclifs(subject)) {
    const { runOclif } = await import('./oclif.ts')
    return runOclif(argv)
  }
  const { unknownCommand } = await import('./tell-failure.ts')
  throw unknownCommand(subject[0] ?? '', commandNames())
}

async function run(words: readonly string[], argv: string[]): Promise<void> {
  const { default: command } = (await import(ownModuleUrl(`commands/${words.join('/')}`))) as {
    default: (new (...args: ConstructorParameters<typeof BaseCommand>) => BaseCommand) & typeof BaseCommand
  }
  command.id = words.join(':')
  await command.execute(command, argv, plainConfig())
}

/** Command words, at most two: `token create` is commands/token/create. */
function findCommand(argv: readonly string[]): readonly string[] | null {
  for (const length of [2, 1]) {
    const words = argv.slice(0, length)
    if (words.length === length && words.every((word) => /^[a-z][a-z-]*$/u.test(word))) {
      if (existsSync(fileURLToPath(ownModuleUrl(`commands/${words.join('/')}`)))) return words
    }
  }
  return null
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => word === '--help' || word === '-h')
}

function isOclifs(argv: readonly string[]): boolean {
  const [first = 'help'] = argv
  return ['help', '--help', '-h', 'autocomplete'].includes(first) || first.startsWith('autocomplete:')
}

function commandNames(): string[] {
  const folder = fileURLToPath(new URL('.', ownModuleUrl('commands/x')))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(js|ts)$/u.test(name))
    .map((name) => name.replace(/\.(js|ts)$/u, '').replaceAll(/[\\/]/gu, ' '))
    .toSorted()
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
