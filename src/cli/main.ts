import { normalizeArgv } from './argv.ts'
import { commandTable } from './command-table.ts'
import { plainConfig } from './plain-config.ts'
import { tellThrown, unknownCommand } from './tell-failure.ts'
import { readVersion } from './version.ts'

const COMMANDS = commandTable()

/**
 * The command line: finds the command's file by its name, so that a run loads nothing but that, and leaves help,
 * completion and everything else that is not a command of ours to oclif.
 */
export async function main(given: readonly string[]): Promise<void> {
  const argv = normalizeArgv(given)
  process.on('uncaughtException', (thrown) => {
    tellThrown(thrown, argv)
    process.exit()
  })
  try {
    await dispatch(argv)
  } catch (thrown) {
    tellThrown(thrown, argv)
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--version' || argv[0] === '-V') {
    const node = `${process.platform}-${process.arch} node-${process.version}`
    return void process.stdout.write(`demetra/${readVersion()} ${node}\n`)
  }
  const command = findCommand(argv)
  if (command !== null && !asksForHelp(argv)) {
    return run(command, argv.slice(command.split(' ').length))
  }

  const subject = argv[0] === 'help' ? argv.slice(1) : argv
  if (findCommand(subject) !== null || isTopic(subject) || isOclifs(subject)) {
    const { runOclif } = await import('./oclif.ts')
    return runOclif(argv)
  }
  throw unknownCommand(wordsOf(subject), Object.keys(COMMANDS))
}

async function run(name: string, argv: string[]): Promise<void> {
  const loaded = await COMMANDS[name]?.()
  if (loaded === undefined) throw new Error(`no command ${name}`)
  const command = loaded.default
  command.id = name.replaceAll(' ', ':')
  await command.execute(command, argv, plainConfig())
}

/** The command that the words begin with, `token create` before `token`. */
function findCommand(argv: readonly string[]): string | null {
  for (const length of [2, 1]) {
    const name = argv.slice(0, length).join(' ')
    if (argv.length >= length && Object.hasOwn(COMMANDS, name)) return name
  }
  return null
}

/** The first word of commands of two, alone or asking for help: it lists them. */
function isTopic([word = '', ...others]: readonly string[]): boolean {
  return isFirstOfTwo(word) && others.every((other) => ['--help', '-h'].includes(other))
}

function isFirstOfTwo(word: string): boolean {
  return Object.keys(COMMANDS).some((name) => name.startsWith(`${word} `))
}

/** What was typed for a command. */
function wordsOf([first = '', second = '']: readonly string[]): string {
  return isFirstOfTwo(first) && !second.startsWith('-') ? `${first} ${second}` : first
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => word === '--help' || word === '-h')
}

function isOclifs(argv: readonly string[]): boolean {
  const [first = 'help'] = argv
  return ['help', '--help', '-h', 'autocomplete'].includes(first) || first.startsWith('autocomplete:')
}
