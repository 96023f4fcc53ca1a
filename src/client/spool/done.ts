import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { appendWhole } from './append-whole.ts'
import { Ranges } from './ranges.ts'
import { readLines } from './read-lines.ts'
import { checkedLine, checkedRest, linesOf } from './record.ts'
import { isDiskFull } from './spool-errors.ts'

/** What of a segment is delivered or set aside. `deliver` writes it, producers read it. */
export class Done {
  readonly #path: string
  readonly #ranges = new Ranges()
  #readTo = 0
  #unwritten: { from: number; to: number }[] = []

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
    for (;;) {
      const bytes = readLines(this.#path, this.#readTo)
      if (bytes.length === 0) return
      for (const { line } of linesOf(bytes)) {
        const rest = checkedRest(line)
        if (rest === null) continue
        const { done } = JSON.parse(`{${rest}`) as { done: [number, number][] }
        for (const [from, to] of done) this.#ranges.add(from, to)
      }
      this.#readTo += bytes.length
    }
  }

  /**
   * On disk when it returns, but where that is full: then with the next ones. What a crash takes of them is sent again,
   * and known; to wait for room would keep back what makes room. Called by who delivers, alone.
   */
  add(ranges: readonly { from: number; to: number }[]): void {
    for (const { from, to } of ranges) this.#ranges.add(from, to)
    this.#unwritten.push(...ranges)
    try {
      this.#write(this.#unwritten)
      this.#unwritten = []
    } catch (error) {
      if (!isDiskFull(error)) throw error
    }
  }

  #write(ranges: readonly { from: number; to: number }[]): void {
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
  }
}
