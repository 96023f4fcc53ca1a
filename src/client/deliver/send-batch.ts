import { post, reasonOf, type Answer, type Exchange, type PostOptions } from '../post.ts'

/**
 * What the server said to each of these events, in their order; or, as one answer, to the request as a whole, which
 * tells nothing of an event where there were several. Only status codes and headers count, and of a batch the status
 * of each result.
 */
export async function sendBatch(texts: readonly string[], options: PostOptions): Promise<Answer[] | Answer> {
  const [only = ''] = texts
  if (texts.length === 1) return [await post(only, 'application/json', options)]
  const exchange = await post(`${texts.join('\n')}\n`, 'application/x-ndjson', options)
  if (exchange.store === null) return exchange
  if (exchange.status !== 200 && exchange.status !== 207) return exchange
  const each = readResults(exchange, texts.length)
  if (each !== null) return each
  // of a batch, 200 says that all are stored or known
  return exchange.status === 200
    ? texts.map(() => exchange)
    : { ...exchange, reason: '207 without its results' }
}

function readResults({ body, store, retryAfterMs }: Exchange, count: number): Answer[] | null {
  const results = body?.['results']
  if (!Array.isArray(results) || results.length !== count) return null
  const answers: Answer[] = []
  for (const result of results as Record<string, unknown>[]) {
    const status = result?.['status']
    if (typeof status !== 'number') return null
    answers.push({ status, reason: `${status} ${reasonOf(result) ?? ''}`.trim(), store, retryAfterMs })
  }
  return answers
}
