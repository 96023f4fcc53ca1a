import { describe } from 'vitest'
import { clockShim } from './clock-shim.ts'
import { describeWithMongod } from './describe-with-mongod.ts'

const isMissing = (await clockShim()) === null
let warned = false

/** A suite on servers whose clock is stepped; left out, and that is said, where there is no C compiler. */
export function describeWithClock(name: string, body: () => void): void {
  if (isMissing && !warned) {
    process.stderr.write('\nTests that step a clock are skipped: they need Linux and a C compiler, cc\n')
  }
  warned ||= isMissing
  const suite = isMissing ? describe.skip : describeWithMongod
  suite(name, body)
}
