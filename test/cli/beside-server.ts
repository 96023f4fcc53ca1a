import { expect } from 'vitest'
import { ServeProcess } from '../server/serve-process.ts'
import { shell } from './demetra.ts'
import { stepsIn } from './readme.ts'

const ADDRESS = 'http://127.0.0.1:7777'

/** Types what a page says into a project, top to bottom; from the line `demetra serve` on, a server runs beside. */
export async function typeBesideServer(page: string, cwd: string): Promise<void> {
  let server: ServeProcess | undefined
  try {
    for (const { command, answer } of stepsIn(page)) {
      if (command === 'demetra serve') {
        server = await ServeProcess.start({ cwd })
        continue
      }
      const line = server === undefined ? command : command.replaceAll(ADDRESS, server.url)
      const { code, stdout, stderr } = await shell(line, { cwd })
      expect(code, `${command}\n${stderr}`).toBe(0)
      expect(stdout.trim().split('\n'), command).toEqual(
        answer.length === 0 ? [''] : answer.map((text) => expect.stringMatching(withGaps(text)) as string),
      )
    }
  } finally {
    if (server !== undefined) expect(await server.end('SIGTERM')).toBe(0)
  }
}

/** `…` stands for anything. */
function withGaps(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 'u')
}
