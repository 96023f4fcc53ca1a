/** Does `again` time after time, from 0, until `work` is over. Where that fails, it is told then. */
export async function beside<Result>(
  work: Promise<Result>,
  again: (time: number) => Promise<void>,
): Promise<Result> {
  const over = new AbortController()
  const going = goOn(again, over.signal)
  going.catch(() => undefined)
  try {
    return await work
  } finally {
    over.abort()
    await going
  }
}

async function goOn(again: (time: number) => Promise<void>, over: AbortSignal): Promise<void> {
  for (let time = 0; !over.aborted; time += 1) await again(time)
}
