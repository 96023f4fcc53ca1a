import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demetra, parseJson } from './demetra.ts'

const script = join(import.meta.dirname, 'probe.ts')
const probe = (...args: string[]) => demetra(args, { script })

const ENDS: { name: string; args: string[]; code: number; error?: string }[] = [
  { name: 'done', args: [], code: 0 },
  { name: 'done, but not all well', args: ['--end', '3'], code: 3 },
  { name: 'failed', args: ['--fail', '1'], code: 1, error: 'DEMETRA_PROBE' },
  { name: 'usage, by the command', args: ['--fail', '2'], code: 2, error: 'DEMETRA_PROBE' },
  { name: 'an unknown flag', args: ['--nonsense'], code: 2, error: 'DEMETRA_USAGE' },
  { name: 'a flag without its value', args: ['--message'], code: 2, error: 'DEMETRA_USAGE' },
  { name: 'a flag that is no number', args: ['--end', 'x'], code: 2, error: 'DEMETRA_USAGE' },
  { name: 'an argument too many', args: ['superfluous'], code: 2, error: 'DEMETRA_USAGE' },
  { name: 'input missing', args: ['--fail', '4'], code: 4, error: 'DEMETRA_PROBE' },
  { name: 'temporary', args: ['--fail', '5'], code: 5, error: 'DEMETRA_PROBE' },
  { name: 'unreachable', args: ['--fail', '10'], code: 10, error: 'DEMETRA_PROBE' },
  { name: 'locked', args: ['--fail', '11'], code: 11, error: 'DEMETRA_PROBE' },
  { name: 'interrupted', args: ['--fail', '130'], code: 130, error: 'DEMETRA_PROBE' },
  { name: 'a bug', args: ['--bug'], code: 70, error: 'DEMETRA_BUG' },
  { name: 'a bug that throws no error', args: ['--not-an-error'], code: 70, error: 'DEMETRA_BUG' },
  { name: 'a store that cannot be closed', args: ['--failing-close'], code: 70, error: 'DEMETRA_BUG' },
  { name: 'a full disk', args: ['--system', 'ENOSPC'], code: 5, error: 'DEMETRA_DISK_FULL' },
  { name: 'no permission', args: ['--system', 'EACCES'], code: 4, error: 'DEMETRA_NOT_ALLOWED' },
]

describe('the exit code', () => {
  it.each(ENDS)('is the same in both modes: $name', async ({ args, code, error }) => {
    const [text, json] = await Promise.all([probe(...args), probe(...args, '--json')])
    expect({ text: text.code, json: json.code }).toEqual({ text: code, json: code })
    const document = parseJson(json)
    expect(document.status).toBe(code)
    expect(document.error?.code).toBe(error)
    expect(json.stderr).toBe('')
    if (error === undefined) expect(text.stdout).toContain('done')
    else expect(text.stderr).toMatch(/^Error: /m)
  })
})

describe('a failure', () => {
  it('says what, where and what to type next', async () => {
    const { stderr } = await probe('--fail', '1')
    expect(stderr).toBe('Error: It went wrong\n  file: probe.csv, line: 3\n  → `demetra probe` again\n')
  })

  it('has the same parts in JSON, and nothing else', async () => {
    expect(parseJson(await probe('--fail', '1', '--json'))).toEqual({
      status: 1,
      error: {
        code: 'DEMETRA_PROBE',
        message: 'It went wrong',
        hints: ['`demetra probe` again'],
        context: { file: 'probe.csv', line: 3 },
      },
      warnings: [],
    })
  })

  it('keeps what had been done, and the first error where closing fails too', async () => {
    const document = parseJson(await probe('--fail', '5', '--partial', '--failing-close', '--json'))
    expect(document).toMatchObject({ status: 5, result: { written: '5' }, error: { code: 'DEMETRA_PROBE' } })
  })

  it('of our own making shows its stack and asks for a report', async () => {
    const { stderr } = await probe('--bug')
    expect(stderr).toMatch(/TypeError: undefined is not an event\n {4}at .*probe\.ts/)
    expect(stderr).toContain('this is a bug in Demetra')
  })
})

describe('secrets', () => {
  const secret = 'mongodb://ann:s3cret@db.example/demetra'

  it.each([
    ['in a message', ['--fail', '10', '--message', `Cannot reach ${secret}`]],
    ['in a warning', ['--warning', `slow: ${secret}`]],
    ['in an argument that should not be there', [secret]],
    ['in a value that does not fit', ['--end', secret]],
    ['in a flag beside one that is wrong', ['--store', secret, '--nonsense']],
  ])('are not told: %s', async (_where, args) => {
    for (const mode of [[], ['--json']]) {
      const { stdout, stderr } = await probe(...args, ...mode)
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })
})

describe('standard output', () => {
  it('has no remarks and no warnings', async () => {
    const { stdout, stderr } = await probe('--warning', 'mind the gap')
    expect(stdout).toBe('done\n')
    expect(stderr).toBe('Warning: mind the gap\na remark\n')
  })

  it('gets the warnings as part of the JSON document', async () => {
    expect(parseJson(await probe('--warning', 'mind the gap', '--json')).warnings).toEqual(['mind the gap'])
  })

  it('keeps its warnings but no remarks with --quiet', async () => {
    expect((await probe('--warning', 'mind the gap', '--quiet')).stderr).toBe('Warning: mind the gap\n')
  })
})
