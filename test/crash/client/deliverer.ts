import { setTimeout as delay } from 'node:timers/promises'
import { deliver } from '../../../src/client/deliver/deliver.ts'

/** `deliver --follow`, whose waits take a hundredth of the time. */
export interface DelivererTask {
  url: string
  token: string
  folder: string
  timeoutMs: number
}

const task = JSON.parse(process.argv[2] ?? '') as DelivererTask
await deliver({
  ...task,
  follow: true,
  mostBatchEvents: 5,
  signal: new AbortController().signal,
  clock: {
    now: Date.now,
    pause: (timeMs) => delay(timeMs / 100),
    timeout: (timeMs) => AbortSignal.timeout(timeMs),
  },
})
