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
  return [
    ofPrimary(
      'primary killed',
      set,
      (member) => member.kill(),
      (member) => member.restart(),
    ),
    ofPrimary(
      'primary stands still',
      set,
      (member) => member.pause(),
      (member) => member.resume(),
    ),
    { name: 'primary steps down', begin: nothing, end: () => set.stepDown() },
  ]
}

/** Of the member that is primary when it begins; in a pair the next one may be another. */
function ofPrimary(
  name: string,
  set: ReplicaSet,
  begin: (member: Mongod) => Promise<unknown>,
  end: (member: Mongod) => Promise<unknown>,
): Fault {
  let member: Mongod | undefined
  return {
    name,
    begin: async () => {
      member = await set.primary()
      await begin(member)
    },
    end: async () => member && end(member),
  }
}
