/** Up to so many items, every order is tried. */
const ALL_ORDERS_OF = 6
const SAMPLES = 300

/** Other orders of a list: all of them where they are few, else its reverse, rotations and samples; always the same. */
export function* otherOrders<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length <= ALL_ORDERS_OF) {
    let first = true
    for (const order of permutations(items)) {
      if (!first) yield order
      first = false
    }
    return
  }
  yield items.toReversed()
  const half = Math.floor(items.length / 2)
  yield [...items.slice(half), ...items.slice(0, half)]
  for (let i = 1; i < items.length && i <= SAMPLES; i += 1) yield swapped(items, i)
  const random = generator(items.length)
  for (let i = 0; i < SAMPLES; i += 1) yield shuffled(items, random)
}

function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length <= 1) {
    yield [...items]
    return
  }
  for (const [i, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest]
  }
}

/** The neighbours before and at `index` change places. */
function swapped<Item>(items: readonly Item[], index: number): Item[] {
  return items.toSpliced(index - 1, 2, items[index] as Item, items[index - 1] as Item)
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1))
    ;[order[i], order[other]] = [order[other] as Item, order[i] as Item]
  }
  return order
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
