import { test } from 'vitest'

type MakeTest = (name: string, body: () => Promise<void>) => void

const makeTest: MakeTest = test
const makeNone: MakeTest = () => undefined

/** A test of what not every adapter promises: for the others there is none, rather than one that was skipped. */
export function testWhere(promised: boolean, name: string, body: () => Promise<void>): void {
  const make = promised ? makeTest : makeNone
  make(name, body)
}
