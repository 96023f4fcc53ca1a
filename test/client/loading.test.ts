import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT, temporaryFolder } from '../cli/demetra.ts'

/** What a service gets with the client: every file that is loaded, while it spools an event. */
const SERVICE = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  const { createClient } = await import('demetra/client')
  const client = createClient({ url: 'http://127.0.0.1:1', token: 't', spool: process.argv[1] })
  const { outcome } = await client.send({ meta: { service: 's', type: 't', aggregate_id: 'a' }, payload: {} })
  await client.close()
  console.log(JSON.stringify({ outcome, loaded: loaded.filter((url) => !url.startsWith('node:')) }))`

it('demetra/client loads one small file, and says nothing', () => {
  using folder = temporaryFolder()
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', SERVICE, folder.path],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  expect(stderr).toBe('')
  const file = join(ROOT, 'dist', 'client.js')
  expect(JSON.parse(stdout)).toEqual({ outcome: 'spooled', loaded: [`file://${file}`] })
  expect(statSync(file).size).toBeLessThan(64 * 1024)
})
