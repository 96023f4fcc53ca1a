import { closeSync, fdatasyncSync, openSync, readSync, statSync } from 'node:fs'
import { appendWhole } from './append-whole.ts'
import { Ranges } from './ranges.ts'
import { checkedLine, checkedRest, linesOf, wholeLines } from './record.ts'

/** What of a segment is delivered or set aside. `deliver` writes it, producers read it. */
export class Done {
  readonly #path: string
  readonly #ranges = new Ranges()
  #readTo = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Where the stretch that is done from `at` on ends; `at` itself where it is not done. */
  endOf(at: number): number {
    return this.#ranges.endOf(at)
  }

  has(at: number): boolean {
    return this.#ranges.has(at)
  }

  /** Reads what was added. A line that is damaged is left out: its events are sent again, and known. */
  refresh(): void {
    const sizeBytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
    if (sizeBytes <= this.#readTo) return
    const bytes = Buffer.allocUnsafe(sizeBytes - this.#readTo)
    const fd = openSync(this.#path, 'r')
    let have = 0
    try {
      have = readSync(fd, bytes, 0, bytes.length, this.#readTo)
    } finally {
      closeSync(fd)
    }
    const whole = bytes.subarray(0, wholeLines(bytes.subarray(0, have)))
    for (const { line } of linesOf(whole)) {
      const rest = checkedRest(line)
      if (rest === null) continue
      const { done } = JSON.parse(`{${rest}`) as { done: [number, number][] }
      for (const [from, to] of done) this.#ranges.add(from, to)
    }
    this.#readTo += whole.length
  }

  /** On disk when it returns. Called by who delivers, alone. */
  add(ranges: readonly { from: number; to: number }[]): void {
    const joined = new Ranges()
    for (const { from, to } of ranges) joined.add(from, to)
    const starts = new Set(ranges.map(({ from }) => from).filter((from) => !joined.has(from - 1)))
    const done = [...starts].map((from) => [from, joined.endOf(from)])
    const fd = openSync(this.#path, 'a+', 0o600)
    try {
      const { failure } = appendWhole(fd, [checkedLine(`"done":${JSON.stringify(done)}`)])
      if (failure !== undefined) throw failure
      fdatasyncSync(fd)
    } finally {
      closeSync(fd)
    }
    for (const { from, to } of ranges) this.#ranges.add(from, to)
  }
}
