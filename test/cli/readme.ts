import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './demetra.ts'

const PLACES = ['clone', 'empty', 'project', 'mongodb', 'server'] as const
export type Place = (typeof PLACES)[number]

export interface Block {
  /**
   * Where its commands are typed: in a clone of the repository, an empty folder, a project, a project with DEMETRA_STORE
   * set to a database on a server, or a project with `demetra serve` running beside.
   */
  place: Place
  commands: string[]
}

export const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** The shell blocks of a page; the comment before each says where it is typed. */
export function shellBlocks(page: string): Block[] {
  return [...page.matchAll(/(?:<!-- in: (\w+) -->\s*)?```sh\n(.*?)```/gsu)].map(([, said, text = '']) => {
    const place = PLACES.find((one) => one === said)
    if (place === undefined) throw new Error(`A shell block does not say where it is typed:\n${text}`)
    return { place, commands: text.trim().split('\n') }
  })
}

export function commandsIn(place: Place, page = README): string[] {
  return shellBlocks(page)
    .filter((block) => block.place === place)
    .flatMap(({ commands }) => commands)
}

export interface Step {
  command: string
  /** The comments below it: what it answers, `…` for what is left out. */
  answer: string[]
}

/** What is typed beside a running server. */
export function stepsIn(page: string): Step[] {
  const steps: Step[] = []
  for (const line of commandsIn('server', page)) {
    if (line.startsWith('# ')) steps.at(-1)?.answer.push(line.slice(2))
    else steps.push({ command: line, answer: [] })
  }
  return steps
}

/** The commands of the README's crontab, as cron would give them to a shell. */
export function cronCommands(): string[] {
  const [, text = ''] = /```crontab\n(.*?)```/su.exec(README) ?? []
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).slice(5).join(' '))
}
