/** Commands that take the word behind them after a colon too: `demetra projection:funnel`, `demetra token:list`. */
const COLON_COMMANDS = new Set(['projection', 'replay', 'report', 'token'])
/** Words that commands of two words begin with: `token create`. */
const TOPICS = new Set(['token'])
/** Global flags that may stand before the command; true: a value follows. */
const LEADING_FLAGS: Readonly<Record<string, boolean>> = {
  '--json': false,
  '--quiet': false,
  '--config': true,
  '--store': true,
  '--archive': true,
  '--reports': true,
}

/**
 * Brings the command to the front, global flags behind it, and takes `projection:NAME` apart:
 * `--json projection:funnel` becomes `projection --json funnel`, `help projection:funnel` `help projection`.
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const leading: string[] = []
  let at = 0
  while (at < argv.length) {
    const [flag = '', value] = (argv[at] ?? '').split('=', 2)
    const takesValue = Object.hasOwn(LEADING_FLAGS, flag) ? LEADING_FLAGS[flag] : undefined
    if (takesValue === undefined) break
    const words = takesValue && value === undefined ? 2 : 1
    leading.push(...argv.slice(at, at + words))
    at += words
  }
  const [first = '', ...rest] = argv.slice(at)
  if (at === argv.length) return leading
  if (first === 'help') {
    const [subject = '', ...others] = rest
    const [command = subject, ...name] = splitColon(subject)
    return ['help', command, ...(TOPICS.has(command) ? name : []), ...others].filter((word) => word !== '')
  }
  const [command = first, ...words] = [...splitColon(first), ...rest]
  const second = TOPICS.has(command) && words[0]?.startsWith('-') === false ? words.splice(0, 1) : []
  return [command, ...second, ...leading, ...words]
}

function splitColon(word: string): string[] {
  const colon = word.indexOf(':')
  const command = word.slice(0, colon)
  if (colon === -1 || !COLON_COMMANDS.has(command)) return [word]
  const name = word.slice(colon + 1)
  return name === '' ? [command] : [command, name]
}
