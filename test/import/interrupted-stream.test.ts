import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openSource } from '../../src/import/source.ts'
import { importSource } from '../../src/import/import-source.ts'
import { plainLine, plainLines } from '../support/events.ts'
import { exportText, importOptions, temporaryStore } from '../support/import.ts'

describe('Ctrl-C while standard input', () => {
  it('gives nothing ends the wait, and what had come is stored', async () => {
    await using temporary = await temporaryStore()
    const stopping = new AbortController()
    const stream = new PassThrough()
    stream.write(plainLines(20_000))
    const source = await openSource({ name: '-', path: null }, () => stream, stopping.signal)
    const { result, interrupted } = await importSource(source, {
      ...importOptions(temporary, join(temporary.folder, 'rejects')),
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    expect(interrupted).toBe(true)
    expect(result).toMatchObject({ written: 20_000, rejected: 0 })
  })

  it('has not told yet what it is ends at once', async () => {
    await using temporary = await temporaryStore()
    const stopping = new AbortController()
    const stream = new PassThrough()
    stream.write(plainLine(1))
    const source = await openSource({ name: '-', path: null }, () => stream, stopping.signal)
    const running = importSource(source, {
      ...importOptions(temporary, join(temporary.folder, 'rejects')),
      signal: stopping.signal,
    })
    stopping.abort()
    expect(await running).toMatchObject({ interrupted: true, result: { records: 0, rejected: 0 } })
  })

  it('ends with half a record: that is none, and the same stream goes on behind it', async () => {
    await using temporary = await temporaryStore()
    const text = plainLines(30_000)
    const stopping = new AbortController()
    const source = await openSource({ name: '-', path: null }, () => halfOf(text, stopping), stopping.signal)
    const { result, interrupted } = await importSource(source, {
      ...importOptions(temporary, join(temporary.folder, 'rejects')),
      signal: stopping.signal,
    })
    expect(interrupted).toBe(true)
    expect(result).toMatchObject({ rejected: 0 })

    const whole = await openSource({ name: '-', path: null }, () => new PassThrough().end(text))
    const again = await importSource(whole, importOptions(temporary, join(temporary.folder, 'rejects')))
    expect(again.result).toMatchObject({ rejected: 0, total: { records: 30_000, written: 30_000 } })
    expect(await exportText(temporary.store)).toBe(text)
  })
})

/** What writes into the pipe is stopped by the same Ctrl-C, in the middle of a line. */
function halfOf(text: string, stopping: AbortController): PassThrough {
  const stream = new PassThrough()
  stream.end(text.slice(0, text.length - 1_000_050))
  // the end of a pipe may be seen before the signal that came first
  stream.once('end', () => setImmediate(() => stopping.abort()))
  return stream
}
