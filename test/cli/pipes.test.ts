import { join } from 'node:path'
import { expect, it } from 'vitest'
import { demetra, parseJson, RUN, shell } from './demetra.ts'

const script = join(import.meta.dirname, 'probe.ts')
const probe = `"${process.execPath}" "${script}"`

it('a JSON document of 3 MB comes whole through a pipe', async () => {
  const outcome = await demetra(['--bytes', '3000000', '--json'], { script })
  expect(outcome.code).toBe(0)
  expect(parseJson(outcome).result?.['text']).toHaveLength(3_000_000)
})

it('the exit code survives a pipe', async () => {
  const { stdout, code } = await shell(`${probe} --bytes 3000000 --end 3 --json | cat | wc -c`)
  expect(Number(stdout)).toBeGreaterThan(3_000_000)
  expect(code).toBe(3)
})

it.each([
  ['many lines', '--lines 200000'],
  ['one document', '--json --bytes 3000000'],
])('a reader that has seen enough (| head) ends the run quietly with 0: %s', async (_what, args) => {
  const { stdout, stderr, code } = await shell(`${probe} ${args} --quiet | head -n 1`)
  expect(stdout.split('\n')).toHaveLength(2)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
})

it('help that nobody reads ends quietly with 0', async () => {
  const { stderr, code } = await shell(`"${process.execPath}" "${RUN}" help | true`)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
})

it.each([
  ['text', '--lines 1000'],
  ['one document', '--json --bytes 1000'],
  ['a short text', ''],
])('a result that cannot be written is a failure that says so: %s', async (_what, args) => {
  const { stderr, code } = await shell(`${probe} ${args} --quiet > /dev/full`)
  expect(code).toBe(5)
  expect(stderr).toMatch(/^Error: Cannot write the result: The disk is full/)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
