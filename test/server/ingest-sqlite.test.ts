import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { temporaryFolder } from '../cli/demetra.ts'
import { ingestSuite } from './ingest.ts'

describe('on SQLite', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  ingestSuite(() => `sqlite:${join(folder.path, `${randomUUID()}.db`)}`, 40)
})
