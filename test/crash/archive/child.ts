/**
 * A run in a process of its own, for `archive-kill.test.ts`. Says `ready`, and at its end `{"calls", "error"}`; at its
 * `haltAt`-th call of the event store's catalogue or of the object store it gets a signal: before the call, once it is on
 * its way, or after it.
 */
import { archiveEvents } from '../../../src/archive/archive.ts'
import { restoreEvents } from '../../../src/archive/restore-events.ts'
import { DemetraError } from '../../../src/errors.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { openObjectStore } from '../../../src/object-store/open.ts'
import type { ArchiveTask } from './archive-run.ts'

const task = JSON.parse(process.argv[2] ?? '{}') as ArchiveTask

let calls = 0
type Method = (...args: unknown[]) => unknown

/** The same object, its calls counted. */
function counted<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls += 1
        const isLast = calls === task.haltAt
        const halt = (): void => void process.kill(process.pid, task.signal)
        if (isLast && task.side === 'before') halt()
        const result = (member as Method).apply(of, args)
        if (isLast && task.side === 'on-its-way') setImmediate(halt)
        if (isLast && task.side === 'after' && result instanceof Promise) return result.finally(() => halt())
        return result
      }
    },
  })
}

const opened = await openEventStore(task.store)
const catalogue = counted(opened.catalogue)
const store = new Proxy(opened, {
  get(of, name) {
    if (name === 'catalogue') return catalogue
    const member: unknown = Reflect.get(of, name, of)
    return typeof member === 'function' ? (member as Method).bind(of) : member
  },
})
const objects = await openObjectStore(task.archive)
await store.storeId()
process.stdout.write('ready\n')
let error: string | null = null
try {
  const run = { store, objects: counted(objects) }
  if (task.what === 'restore') await restoreEvents({ ...run, what: {} })
  else await archiveEvents({ ...run, beforeMs: Date.now(), targetTextBytes: task.targetTextBytes })
} catch (thrown) {
  if (!(thrown instanceof DemetraError)) throw thrown
  error = thrown.code
}
process.stdout.write(`${JSON.stringify({ calls, error })}\n`)
await opened.close()
await objects.close()
