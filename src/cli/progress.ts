import { durationText, numberText, percentText } from './numbers.ts'

export interface ProgressOptions {
  /** What is being done, `Importing sepsis.csv`. */
  label: string
  /** Where `done` ends, in any unit (bytes of the source, events); left out: nobody knows. */
  total?: number
  /** What is counted, in the plural. Default `events`. */
  unit?: string
}

export interface Progress {
  /**
   * `done` of `total` is behind us. `counted`: how many units that makes, where `done` counts something else
   * (an import reads bytes and counts events). Cheap: call it as often as you like.
   */
  update(done: number, text?: string, counted?: number): void
  /** Takes the live line away for a moment, before something else is written to the terminal. */
  clear(): void
  stop(): void
}

export const silentProgress: Progress = { update() {}, clear() {}, stop() {} }

/** Milliseconds between log lines where there is no terminal. */
const LOG_EVERY_MS = 10_000
/** Milliseconds between two states of the live line. */
const LIVE_EVERY_MS = 100

/** A live line on a terminal, else a log line now and then. A terminal of width 0 is none. */
export async function startProgress(
  options: ProgressOptions,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<Progress> {
  const state = new ProgressState(options)
  if (!stream.isTTY || stream.columns === 0) return logLines(state, stream)
  const { default: ora } = await import('ora')
  const plain = (process.env['NO_COLOR'] ?? '') !== ''
  const spinner = ora({
    stream,
    discardStdin: false,
    text: state.text(),
    color: plain ? false : 'cyan',
  }).start()
  const timer = setInterval(() => (spinner.text = state.text()), LIVE_EVERY_MS).unref()
  return {
    update: (done, text, counted) => state.update(done, text, counted),
    clear: () => void spinner.clear(),
    stop: () => {
      clearInterval(timer)
      spinner.stop()
    },
  }
}

function logLines(state: ProgressState, stream: NodeJS.WriteStream): Progress {
  const timer = setInterval(() => stream.write(`${state.text()}\n`), LOG_EVERY_MS).unref()
  return {
    update: (done, text, counted) => state.update(done, text, counted),
    clear: () => undefined,
    stop: () => clearInterval(timer),
  }
}

/** Unlike the global `performance`, it loads nothing. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** How far the work is, and how that reads. */
export class ProgressState {
  readonly #options: ProgressOptions
  readonly #now: () => number
  readonly #startedAt: number
  #done = 0
  #counted = 0
  #text = ''

  constructor(options: ProgressOptions, now: () => number = monotonicMs) {
    this.#options = options
    this.#now = now
    this.#startedAt = now()
  }

  update(done: number, text = '', counted = done): void {
    this.#done = done
    this.#counted = counted
    this.#text = text
  }

  /** `Importing sepsis.csv: 45 %, 52,000 events, 31,000 events/s, 12 s left`. */
  text(): string {
    const { label, total, unit = 'events' } = this.#options
    const seconds = (this.#now() - this.#startedAt) / 1000
    const parts: string[] = []
    const known = total !== undefined && total > 0
    if (known) parts.push(percentText(this.#done / total))
    parts.push(`${numberText(this.#counted)} ${unit}`)
    if (seconds > 0 && this.#counted > 0) {
      parts.push(`${numberText(Math.round(this.#counted / seconds))} ${unit}/s`)
    }
    if (known && this.#done > 0 && this.#done < total) {
      parts.push(`${durationText((seconds / this.#done) * (total - this.#done))} left`)
    }
    if (this.#text !== '') parts.push(this.#text)
    return `${label}: ${parts.join(', ')}`
  }
}
