import { describe, it } from 'vitest'
import { mongodHere, VARIABLE } from './find-mongod.ts'

const MISSING =
  `no mongod was found on the path, and none could be downloaded with pip; ` +
  `set ${VARIABLE}=/path/to/mongod (6.0 or later)`

const isMissing = (await mongodHere()) === null
const isInCI = !['', 'false', '0', undefined].includes(process.env['CI'])
const isSkipped = isMissing && !isInCI
const suite = isSkipped ? describe.skip : describe
let warned = false

/**
 * A suite on real servers. Without a mongod it is left out, and says so; in CI it fails instead, since
 * nobody reads what a green run has left out.
 */
export function describeWithMongod(name: string, body: () => void): void {
  if (isSkipped && !warned) process.stderr.write(`\nMongoDB tests are skipped: ${MISSING}\n`)
  warned ||= isSkipped
  suite(name, isMissing && isInCI ? failing : body)
}

function failing(): void {
  it('needs a mongod', () => {
    throw new Error(MISSING)
  })
}
