/** Work that goes on in steps beside that of others: its result and its failure are its own. */
export abstract class OwnOutcome<Result> {
  /** Null: it goes on. */
  outcome: PromiseSettledResult<Result> | null = null

  /** A step that returns a result or throws is the last. */
  protected async step(work: () => Promise<Result | null>): Promise<void> {
    if (this.outcome !== null) return
    try {
      const value = await work()
      if (value !== null) this.outcome = { status: 'fulfilled', value }
    } catch (reason) {
      this.outcome = { status: 'rejected', reason }
    }
  }
}

/** A step of each, one after the other. */
export async function eachOf<Item>(
  items: readonly Item[],
  step: (item: Item) => Promise<void>,
): Promise<void> {
  for (const item of items) await step(item)
}

export function goingOn<Item extends OwnOutcome<unknown>>(items: readonly Item[]): Item[] {
  return items.filter(({ outcome }) => outcome === null)
}

export function outcomesOf<Result>(items: readonly OwnOutcome<Result>[]): PromiseSettledResult<Result>[] {
  return items.map(({ outcome }) => {
    if (outcome === null) throw new Error('something has neither a result nor a failure')
    return outcome
  })
}

/** The result of what was done alone. */
export function onlyResult<Result>([outcome]: readonly PromiseSettledResult<Result>[]): Result {
  if (outcome?.status === 'fulfilled') return outcome.value
  throw outcome?.reason
}
