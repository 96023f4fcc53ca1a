import type { AnyEvent, Handler, KeyedFold, RowState } from './projection.ts'
import { isPromise } from './row-key.ts'

/** What a handler threw, and which one it was. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError'
  readonly handler: string

  constructor(handler: string, cause: unknown) {
    super(`the handler of '${handler}' failed`, { cause })
    this.handler = handler
  }
}

/**
 * The handler of the event's type, then `'*'`. False: the row is deleted. `of`: `memory.`, or nothing.
 *
 * @throws HandlerError
 */
export function callHandlers(
  { when }: KeyedFold,
  row: RowState,
  event: AnyEvent,
  memory: RowState,
  of = '',
): boolean {
  const { type } = event.meta
  return (
    call(when.get(type), row, event, memory, `${of}${type}`) &&
    (type === '*' || call(when.get('*'), row, event, memory, `${of}*`))
  )
}

function call(
  handler: Handler | undefined,
  row: RowState,
  event: AnyEvent,
  memory: RowState,
  name: string,
): boolean {
  if (handler === undefined) return true
  try {
    const result = handler(row, event, memory)
    if (result === null) return false
    if (isPromise(result)) throw new TypeError('a handler returned a promise; it must be synchronous')
    return true
  } catch (cause) {
    throw new HandlerError(name, cause)
  }
}
