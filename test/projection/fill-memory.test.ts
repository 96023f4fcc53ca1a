import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { count } from './counting.ts'
import { Workspace } from './workspace.ts'

test('a replay whose rows are large takes no more than its share of a small heap', async () => {
  const work = await Workspace.open()
  const rows = 9000
  await work.append(...Array.from({ length: rows }, (_, n) => count(`counter ${n}`, n)))
  const script = fileURLToPath(new URL('./large-rows.ts', import.meta.url))
  // the rows together take 144 MB
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=128', script, work.eventStoreUrl, work.reportStoreUrl],
    { encoding: 'utf8' },
  )
  expect({ stdout, status, stderr: stderr.slice(0, 500) }).toEqual({
    stdout: `${rows}\n`,
    status: 0,
    stderr: '',
  })
  expect(await work.reportStore.status('large')).toMatchObject({ shown: rows })
  await work.close()
})
