import { DemetraError, type DemetraErrorOptions } from '../../errors.ts'
import { ThreadLink } from '../../thread-link.ts'
import type { OperationArguments, OperationName, OperationResult } from './operations.ts'

export interface WriterSettings {
  path: string
  cacheBytes: number
  waitMs: number
}
export interface WriterRequest {
  name: OperationName
  args: unknown
  now: number
}
/** One for each request, in their order. */
export type WriterReply =
  { result: unknown } | { failure: { message: string; options: DemetraErrorOptions } } | { bug: Error }

/** The writer thread as seen from here. */
export class WriterLink {
  readonly #thread: ThreadLink<WriterRequest, WriterReply>

  constructor(settings: WriterSettings) {
    const options = { workerData: settings, name: 'demetra-writer' }
    this.#thread = new ThreadLink('event-store', 'sqlite-writer', options)
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#thread.pending
  }

  async request<Name extends OperationName>(
    name: Name,
    args: OperationArguments<Name>,
    now: number,
    transfer: ArrayBuffer[] = [],
  ): Promise<OperationResult<Name>> {
    const reply = await this.#thread.request({ name, args, now }, transfer)
    if ('result' in reply) return reply.result as OperationResult<Name>
    if ('failure' in reply) throw new DemetraError(reply.failure.message, reply.failure.options)
    throw reply.bug
  }

  /** After the last reply. */
  close(): Promise<void> {
    return this.#thread.close()
  }
}
