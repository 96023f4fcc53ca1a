import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClockFile, clockShim } from './clock-shim.ts'
import { guard } from './guard.ts'
import type { Mongod, MongodOptions } from './mongod-types.ts'
import { startReplicaSet, type ReplicaSet, type ReplicaSetOptions } from './replica-set.ts'
import { startMongod } from './start-mongod.ts'

export interface SteppedClock {
  /** From now on, also after a restart, the wall clock is the real one plus this. */
  setClockOffset(seconds: number): Promise<void>
}

/** A server whose wall clock can be stepped while it runs; its monotonic clock goes on as it did. */
export function startMongodWithClock(options: MongodOptions = {}): Promise<Mongod & SteppedClock> {
  return withClock(options.env, (env) => startMongod({ ...options, env }))
}

/** All members go by one clock. */
export function startReplicaSetWithClock(
  options: ReplicaSetOptions = {},
): Promise<ReplicaSet & SteppedClock> {
  return withClock(options.env, (env) => startReplicaSet({ ...options, env }))
}

async function withClock<T extends Mongod | ReplicaSet>(
  env: NodeJS.ProcessEnv | undefined,
  start: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T & SteppedClock> {
  const shim = await clockShim()
  if (shim === null) throw new Error('no clock can be stepped here; tests that do so use describeWithClock')
  const folder = await mkdtemp(join(tmpdir(), 'demetra-clock-'))
  const tidy = guard(folder)
  const forget = async () => {
    tidy.dismiss()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const clock = await ClockFile.create(join(folder, 'offset'))
    const server = await start({ ...env, LD_PRELOAD: shim, SHIFTED_CLOCK_FILE: clock.path })
    const stop = async () => {
      await server.stop()
      await forget()
    }
    const more = { setClockOffset: (seconds: number) => clock.set(seconds * 1000) }
    return addTo(server, { ...more, stop, [Symbol.asyncDispose]: stop })
  } catch (error) {
    await forget()
    throw error
  }
}

/** The same server, with methods of its own before those it has; private fields want the server as `this`. */
function addTo<T extends object, More extends object>(server: T, more: More): T & More {
  return new Proxy(server, {
    get(target, name) {
      if (Object.hasOwn(more, name)) return Reflect.get(more, name) as unknown
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  }) as T & More
}
