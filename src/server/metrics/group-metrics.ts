import { Counter, Histogram } from './metric.ts'

const EVENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** How large the groups are that share a commit, and how long the store takes for one. */
export class GroupMetrics {
  readonly #sizes = new Histogram(
    'demetra_group_commit_events',
    'Events that were stored by one commit, together.',
    EVENTS,
    [{}],
  )
  readonly #durations = new Histogram(
    'demetra_group_commit_duration_seconds',
    'How long the store took until a group was durable, or had failed.',
    SECONDS,
    [{}],
  )
  readonly #failures = new Counter(
    'demetra_group_commit_failures_total',
    'Groups that the store could not take; all their senders were told to send again.',
    [{}],
  )

  committed(events: number, durationMs: number): void {
    this.#sizes.observe(events)
    this.#durations.observe(durationMs / 1000)
  }

  failed(durationMs: number): void {
    this.#failures.add()
    this.#durations.observe(durationMs / 1000)
  }

  text(): string {
    return this.#sizes.text() + this.#durations.text() + this.#failures.text()
  }
}
