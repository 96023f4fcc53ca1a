import type { Mongod, ReplicaSet } from '../../servers/mongod.ts'
import { until } from '../../servers/poll.ts'
import type { TcpProxy } from '../../servers/tcp-proxy.ts'

/** Something that goes wrong, and comes to an end. */
export interface Fault {
  name: string
  begin(): Promise<unknown>
  end(): Promise<unknown>
}

const nothing = (): Promise<void> => Promise.resolve()

/** Of a network: connections cut, bytes held for a while, answers lost. */
export function networkFaults(name: string, network: TcpProxy): Fault[] {
  // where another fault keeps everything still, nothing comes to be held
  const held = (bytes: () => number): Promise<unknown> =>
    until('something is held', () => bytes() > 0, 1000).catch(() => undefined)
  return [
    { name: `${name} cut`, begin: async () => network.cut(), end: nothing },
    {
      name: `${name} held`,
      begin: () => {
        network.hold()
        return held(() => network.heldBytes)
      },
      end: async () => network.release(),
    },
    {
      name: `${name} held, then cut`,
      begin: () => {
        network.hold()
        return held(() => network.heldBytes)
      },
      end: async () => {
        network.cut()
        network.release()
      },
    },
    {
      name: `answers of ${name} lost`,
      begin: () => {
        network.holdReplies()
        return held(() => network.heldReplyBytes)
      },
      end: async () => {
        network.cut()
        network.releaseReplies()
      },
    },
  ]
}

export function mongodFaults(server: Mongod): Fault[] {
  return [
    { name: 'mongod killed', begin: () => server.kill(), end: () => server.restart() },
    { name: 'mongod stands still', begin: () => server.pause(), end: async () => server.resume() },
  ]
}

export function replicaSetFaults(set: ReplicaSet): Fault[] {
  let primary: Mongod | undefined
  const take = async (): Promise<Mongod> => (primary = await set.primary())
  return [
    { name: 'primary killed', begin: async () => (await take()).kill(), end: async () => primary?.restart() },
    {
      name: 'primary stands still',
      begin: async () => (await take()).pause(),
      end: async () => primary?.resume(),
    },
    {
      name: 'primary steps down',
      begin: nothing,
      // not before another member has caught up
      end: () => until('the primary steps down', () => set.stepDown().catch(() => false)),
    },
  ]
}
