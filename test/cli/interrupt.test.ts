import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demetra, parseJson } from './demetra.ts'

const script = join(import.meta.dirname, 'probe.ts')

/** Sends the signal as soon as the probe says `word`. */
function sendAt(signal: NodeJS.Signals, ...words: string[]) {
  const waiting = [...words]
  return (text: string, child: { kill(signal: NodeJS.Signals): boolean }): void => {
    while (waiting[0] !== undefined && text.includes(waiting[0])) {
      waiting.shift()
      child.kill(signal)
    }
  }
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('lets the command save, says how to go on, exits 130', async () => {
    const { code, stderr } = await demetra(['--wait'], { script, onStdout: sendAt(signal, 'ready') })
    expect(code).toBe(130)
    expect(stderr).toContain('Stopping after the batch in hand')
    expect(stderr).toContain('→ `demetra probe` goes on')
  })

  it('is told in the JSON document too', async () => {
    const outcome = await demetra(['--wait', '--partial', '--json'], {
      script,
      onStdout: sendAt(signal, 'ready'),
    })
    const document = parseJson({ ...outcome, stdout: outcome.stdout.replace('ready\n', '') })
    expect(outcome.code).toBe(130)
    expect(document).toMatchObject({
      status: 130,
      result: { written: '5' },
      error: { code: 'DEMETRA_INTERRUPTED', hints: ['`demetra probe` goes on'] },
    })
  })

  it('ends the run at once when it comes again', async () => {
    const { code } = await demetra(['--stubborn'], {
      script,
      onStdout: sendAt(signal, 'ready', 'asked to stop'),
    })
    expect(code).toBe(130)
  })
})
