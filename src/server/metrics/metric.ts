/** What Prometheus reads: counters, gauges and histograms in its text format, version 0.0.4. */

export type Labels = Readonly<Record<string, string>>
export interface Sample {
  labels?: Labels
  value: number
}

/** One family of samples, as text. */
export interface Metric {
  text(): string
}

/** A number that only grows. */
export class Counter implements Metric {
  readonly #head: string
  readonly #name: string
  readonly #values = new Map<string, number>()

  /** @param given label sets that are there from the start, so that the first event of one is seen as a growth */
  constructor(name: string, help: string, given: readonly Labels[] = []) {
    this.#name = name
    this.#head = head(name, help, 'counter')
    for (const labels of given) this.add(labels, 0)
  }

  add(labels: Labels = {}, by = 1): void {
    const key = labelsText(labels)
    this.#values.set(key, (this.#values.get(key) ?? 0) + by)
  }

  text(): string {
    const lines = [...this.#values].map(([labels, value]) => `${this.#name}${labels} ${value}\n`)
    return this.#head + lines.join('')
  }
}

/** How often a value was how large. */
export class Histogram implements Metric {
  readonly #head: string
  readonly #name: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, { labels: Labels; counts: number[]; sum: number }>()

  /** @param bounds upper bounds, ascending; the last bucket has none */
  constructor(name: string, help: string, bounds: readonly number[], given: readonly Labels[] = []) {
    this.#name = name
    this.#head = head(name, help, 'histogram')
    this.#bounds = bounds
    for (const labels of given) this.#of(labels)
  }

  observe(value: number, labels: Labels = {}): void {
    const series = this.#of(labels)
    const at = this.#bounds.findIndex((bound) => value <= bound)
    const bucket = at === -1 ? this.#bounds.length : at
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += value
  }

  text(): string {
    let lines = ''
    for (const { labels, counts, sum } of this.#series.values()) {
      let total = 0
      for (const [i, count] of counts.entries()) {
        total += count
        const le = String(this.#bounds[i] ?? '+Inf')
        lines += `${this.#name}_bucket${labelsText({ ...labels, le })} ${total}\n`
      }
      lines += `${this.#name}_sum${labelsText(labels)} ${sum}\n${this.#name}_count${labelsText(labels)} ${total}\n`
    }
    return this.#head + lines
  }

  #of(labels: Labels): { counts: number[]; sum: number } {
    const key = labelsText(labels)
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const series = { labels, counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 }
    this.#series.set(key, series)
    return series
  }
}

/** What is as it is now. */
export function gauge(name: string, help: string, samples: number | readonly Sample[]): string {
  return family(name, help, 'gauge', samples)
}

/** A number that only grows and is kept elsewhere. */
export function counter(name: string, help: string, samples: number | readonly Sample[]): string {
  return family(name, help, 'counter', samples)
}

function family(name: string, help: string, type: string, samples: number | readonly Sample[]): string {
  const all = typeof samples === 'number' ? [{ value: samples }] : samples
  const lines = all.map(({ labels = {}, value }: Sample) => `${name}${labelsText(labels)} ${value}\n`)
  return head(name, help, type) + lines.join('')
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
