import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demetra, temporaryFolder } from '../cli/demetra.ts'
import { describeOnEachMongodb } from '../servers/mongod.ts'
import { plainLine } from '../support/events.ts'
import { post } from './post.ts'
import { ServeProcess } from './serve-process.ts'

/** What the guide says of several instances. */
function instancesSuite(storeUrl: () => string): void {
  let token: string
  const instances: ServeProcess[] = []
  beforeAll(async () => {
    const store = storeUrl()
    const created = await demetra(['token', 'create', '--service', 'core', '--store', store])
    token = created.stdout.trim()
    instances.push(...(await Promise.all([1, 2].map(() => ServeProcess.start({ store })))))
  })
  afterAll(() => Promise.all(instances.map((instance) => instance.end('SIGKILL'))))

  it('the same event to both at once is stored by one, and known to the other', async () => {
    for (let n = 1; n <= 20; n += 1) {
      const answers = await Promise.all(instances.map(({ url }) => post(url, plainLine(n), { token })))
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    }
  })

  it('events that are sent in turns to one and the other stand in the log in that order', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => plainLine(120 - n))
    for (const [n, line] of lines.entries()) {
      const { url } = instances[n % 2] as ServeProcess
      expect((await post(url, line, { token })).status).toBe(200)
    }
    const { stdout } = await demetra(['export', '--store', storeUrl()])
    expect(stdout.trim().split('\n').slice(-20)).toEqual(lines)
  })
}

describeOnEachMongodb('two instances on one MongoDB', (url) => {
  instancesSuite(() => url('demetra'))
})

describe('two instances on one SQLite file', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  instancesSuite(() => `sqlite:${folder.path}/events.db`)
})
