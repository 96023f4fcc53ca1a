import { describe, expect, it, vi } from 'vitest'
import { bytesText, countText, durationText, numberText, percentText } from '../../src/cli/numbers.ts'
import { ProgressState, startProgress } from '../../src/cli/progress.ts'

function stream(isTTY: boolean, columns = 80) {
  const written: string[] = []
  const write = (text: string): boolean => written.push(text) > 0
  const noop = (): void => undefined
  const terminal = {
    isTTY,
    columns,
    rows: 24,
    write,
    clearLine: noop,
    cursorTo: noop,
    moveCursor: noop,
    on: noop,
    off: noop,
    once: noop,
  }
  return { written, stream: terminal as unknown as NodeJS.WriteStream }
}

describe('the state of the work', () => {
  let now = 0
  const state = (total?: number, unit?: string): ProgressState => {
    now = 0
    return new ProgressState(
      {
        label: 'Importing a.csv',
        ...(total === undefined ? {} : { total }),
        ...(unit === undefined ? {} : { unit }),
      },
      () => now,
    )
  }

  it('tells share, count, rate and time left', () => {
    const progress = state(1000)
    now = 4000
    progress.update(250, '', 40_000)
    expect(progress.text()).toBe('Importing a.csv: 25 %, 40,000 events, 10,000 events/s, 12 s left')
  })

  it('tells count and rate alone where nobody knows the end', () => {
    const progress = state(undefined, 'rows')
    now = 2000
    progress.update(300, '2 rejected')
    expect(progress.text()).toBe('Importing a.csv: 300 rows, 150 rows/s, 2 rejected')
  })

  it('never promises more than the whole', () => {
    const progress = state(100)
    now = 1000
    progress.update(150)
    expect(progress.text()).toBe('Importing a.csv: 100 %, 150 events, 150 events/s')
  })
})

describe('where there is no terminal', () => {
  it.each([
    ['in a pipe', false, 80],
    ['on a terminal of width 0', true, 0],
  ])('%s a line is logged every 10 s, and none after the end', async (_where, isTTY, columns) => {
    vi.useFakeTimers()
    try {
      const { written, stream: output } = stream(isTTY, columns)
      const progress = await startProgress({ label: 'Importing a.csv', total: 10 }, output)
      progress.update(5)
      vi.advanceTimersByTime(9_999)
      expect(written).toEqual([])
      vi.advanceTimersByTime(10_001)
      expect(written).toHaveLength(2)
      expect(written[0]).toMatch(/^Importing a\.csv: 50 %, 5 events.*\n$/)
      progress.stop()
      vi.advanceTimersByTime(60_000)
      expect(written).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('on a terminal', () => {
  it.each([
    ['in colour', '', true],
    ['without colour where NO_COLOR is set', '1', false],
  ])('a live line is shown %s', async (_how, noColor, coloured) => {
    vi.stubEnv('NO_COLOR', noColor)
    vi.stubEnv('FORCE_COLOR', coloured ? '1' : '')
    try {
      const { written, stream: output } = stream(true)
      const progress = await startProgress({ label: 'Importing a.csv', total: 10 }, output)
      progress.stop()
      const text = written.join('')
      expect(text).toContain('Importing a.csv')
      if (!coloured) expect(text).not.toContain('\u001b[3')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

it('numbers read well', () => {
  expect([0, 999, 1000, 1234567, 1234.5].map(numberText)).toEqual([
    '0',
    '999',
    '1,000',
    '1,234,567',
    '1,234.5',
  ])
  expect([countText(1, 'row'), countText(2000, 'row'), countText(2, 'entry', 'entries')]).toEqual([
    '1 row',
    '2,000 rows',
    '2 entries',
  ])
  expect([0.04, 12.4, 200, 7500].map(durationText)).toEqual(['0.0 s', '12 s', '3 min 20 s', '2 h 5 min'])
  expect([-1, 0.459, 2].map(percentText)).toEqual(['0 %', '45 %', '100 %'])
  expect([512, 1536, 5 * 1024 ** 3].map(bytesText)).toEqual(['512 B', '1.5 KiB', '5.0 GiB'])
})
