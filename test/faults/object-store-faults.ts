import type { HttpFault } from '../servers/http-proxy.ts'

/** Something that goes wrong at one request, or from it on. */
export interface Fault {
  name: string
  fault: HttpFault
  /** Left out: every request. */
  method?: 'PUT' | 'GET'
  /** So much comes through that a run gets over it however often it happens. */
  isSlight?: boolean
}

/** Bodies of the tests' segments are some 120 KB, those of manifests some 1 KB. */
export const FAULTS: readonly Fault[] = [
  { name: '500', fault: { answer: 500, code: 'InternalError' } },
  { name: '503 slow down', fault: { answer: 503, code: 'SlowDown' } },
  { name: 'no answer', fault: 'no answer' },
  { name: 'lost answer', fault: 'lose answer' },
  { name: 'reset as an upload begins', fault: { resetUploadAt: 1 }, method: 'PUT' },
  { name: 'reset within an upload', fault: { resetUploadAt: 70_000 }, method: 'PUT' },
  { name: 'reset as a download begins', fault: { resetAt: 0 }, method: 'GET' },
  { name: 'reset within a download', fault: { resetAt: 50 }, method: 'GET' },
  { name: 'reset far within a download', fault: { resetAt: 90_000 }, method: 'GET', isSlight: true },
  { name: 'a download ends too early', fault: { closeAt: 50 }, method: 'GET' },
  { name: 'a download stalls as it begins', fault: { stallAt: 0 }, method: 'GET' },
  { name: 'a download stalls', fault: { stallAt: 50 }, method: 'GET' },
]

/** A fault, and where it happens. */
export interface Meeting extends Fault {
  /** Of the requests that a run makes, from 1; where that is of another method, the next that is not. */
  nth: number
  /** From there on, until the run gives up. */
  isLasting: boolean
}

/** Each fault at each request; `methods`: those of the requests of a run that meets none. */
export function meetings(methods: readonly string[]): Meeting[] {
  return FAULTS.flatMap((fault) =>
    methods.flatMap((method, i) =>
      fault.method === undefined || fault.method === method
        ? [false, ...(fault.isSlight === true ? [] : [true])].map((isLasting) => ({
            ...fault,
            nth: i + 1,
            isLasting,
          }))
        : [],
    ),
  )
}

export function nameOf({ name, nth, isLasting }: Meeting): string {
  return `${name} at request ${nth}${isLasting ? ' and from then on' : ''}`
}
