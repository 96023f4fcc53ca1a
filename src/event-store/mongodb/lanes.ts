/** Lanes in which the events of different aggregates pass each other. */
export const LANES = 4

export function laneOf(aggregateId: string): number {
  let hash = 0
  for (let i = 0; i < aggregateId.length; i += 1) hash = (Math.imul(hash, 31) + aggregateId.charCodeAt(i)) | 0
  return (hash ^ (hash >>> 16)) & (LANES - 1)
}

/**
 * Sends what keeps its order only within an aggregate: each aggregate has its lane, and the calls go into the lanes in
 * the order in which they were made, whatever each has to do before.
 */
export class Lanes {
  readonly #lanes = Array.from({ length: LANES }, () => new Lane())
  #lastIn: Promise<void> = Promise.resolve()

  /** The place of a call among the others, taken when it is made. */
  place(): { turn: Promise<void>; isIn: () => void } {
    const turn = this.#lastIn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lastIn = promise
    return { turn, isIn: resolve }
  }

  /** All are waited for: nothing of a call that failed is on its way any more when it is told. */
  async run(
    indexes: readonly (readonly number[])[],
    send: (lane: readonly number[]) => Promise<void>,
  ): Promise<void> {
    const sent = indexes.map((lane, number) =>
      lane.length === 0 ? Promise.resolve() : (this.#lanes[number] as Lane).run(() => send(lane)),
    )
    for (const outcome of await Promise.allSettled(sent))
      if (outcome.status === 'rejected') throw outcome.reason
  }
}

/** One at a time, in the order of asking. What waits behind one that failed fails with it: it must not pass it. */
class Lane {
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0

  async run(send: () => Promise<void>): Promise<void> {
    this.#waiting += 1
    const sent = this.#tail.then(send)
    this.#tail = sent
    try {
      await sent
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0) this.#tail = Promise.resolve()
    }
  }
}
