import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileLock } from '../../src/client/spool/file-lock.ts'
import { temporaryFolder } from '../cli/demetra.ts'

const MODULE = join(import.meta.dirname, '..', '..', 'src', 'client', 'spool', 'file-lock.ts')
const HOLDER = `
  import { FileLock } from '${MODULE}'
  console.log(new FileLock(process.argv[1]).tryTake())
  setInterval(() => {}, 1000)`

it('a lock has one owner at a time, in a process and between processes, ends with it, and leaves nothing behind', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'lock')
  const [one, other] = [new FileLock(path), new FileLock(path)]
  expect([one.tryTake(), other.tryTake()]).toEqual([true, false])
  one.release()
  expect([other.tryTake(), one.tryTake()]).toEqual([true, false])
  other.close()

  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, path])
  const [said] = (await once(holder.stdout, 'data')) as [Buffer]
  expect(said.toString()).toBe('true\n')
  expect(one.tryTake()).toBe(false)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(one.tryTake()).toBe(true)
  one.close()
  expect(readdirSync(folder.path)).toEqual(['lock'])
  expect(statSync(path).size).toBe(0)
})
