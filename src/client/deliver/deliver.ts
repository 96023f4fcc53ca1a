import { statSync } from 'node:fs'
import { DemetraError, EXIT } from '../../errors.ts'
import { systemClock, type Clock } from '../clock.ts'
import { checkServer, type Server } from '../post.ts'
import { Backlog } from './backlog.ts'
import { countLeft } from './count-left.ts'
import { lockDelivery } from './deliver-lock.ts'
import { Delivery, type Stopped } from './delivery.ts'
import { Settling, type Counts } from './settling.ts'

export interface DeliverOptions extends Server {
  folder: string
  signal: AbortSignal
  /** Stays, and goes on as events come in. */
  follow?: boolean
  /** Default 30 s. */
  giveUpAfterMs?: number
  changeStore?: boolean
  /** Of one request. Default 30 s. */
  timeoutMs?: number
  mostBatchEvents?: number
  clock?: Clock
  random?: () => number
  onTrouble?: (message: string, againInMs: number) => void
  onProgress?: (counts: Readonly<Counts>) => void
}

export interface DeliverResult extends Counts {
  /** Events that are still in the spool, and may have come in meanwhile. */
  left: number
  /** Why they are; null where none is, or the run was interrupted. */
  stopped: Stopped | null
}

const TIMEOUT_MS = 30_000
const GIVE_UP_AFTER_MS = 30_000
const MOST_BATCH_EVENTS = 500

/** Sends the events of a spool, in order for each aggregate. Throws DemetraError; what is through stays so. */
export async function deliver(options: DeliverOptions): Promise<DeliverResult> {
  const { folder, signal, clock = systemClock, changeStore = false, random = Math.random } = options
  const server = checkServer(options)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw noSpool(folder)
  using _lock = lockDelivery(folder)
  const settling = new Settling({ folder, clock, changeStore, onProgress: options.onProgress ?? (() => {}) })
  try {
    const delivery = new Delivery(new Backlog(folder, options.follow ?? false), settling, {
      server,
      clock,
      random,
      signal,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      follow: options.follow ?? false,
      giveUpAfterMs: options.giveUpAfterMs ?? GIVE_UP_AFTER_MS,
      mostBatchEvents: options.mostBatchEvents ?? MOST_BATCH_EVENTS,
      onTrouble: options.onTrouble ?? (() => {}),
    })
    const stopped = await delivery.run()
    return { ...settling.counts, left: countLeft(folder), stopped }
  } finally {
    await settling.close()
  }
}

function noSpool(folder: string): DemetraError {
  return new DemetraError(`There is no spool ${folder}`, {
    code: 'DEMETRA_SPOOL_MISSING',
    exitCode: EXIT.inputMissing,
    hints: ['Give the folder that the producer has as `spool`: `createClient({ spool })`'],
    context: { folder },
  })
}
