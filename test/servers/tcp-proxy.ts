import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { HeldStream } from './held-stream.ts'

/** A network between a client and a server, that can be made to misbehave. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** What clients have sent and the server has not been given yet. */
  readonly heldBytes: number
  /** What the server has answered and clients have not been given yet. */
  readonly heldReplyBytes: number
  /** Connections stay open, new ones are taken, but nothing reaches the server. */
  hold(): void
  /** All that was held reaches the server, in order, even if the client has gone. */
  release(): void
  /** The server gets everything; what it answers is held. */
  holdReplies(): void
  releaseReplies(): void
  /** Breaks all connections; what they held is lost. New ones can be made. */
  cut(): void
  stop(): Promise<void>
}

interface Connection {
  client: Socket
  server: Socket
  requests: HeldStream
  replies: HeldStream
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const connections = new Set<Connection>()
  const held = { requests: false, replies: false }

  // each direction ends by itself: a client that has gone may still have something on its way
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const requests = new HeldStream(client, server, held.requests)
    const replies = new HeldStream(server, client, held.replies)
    const connection = { client, server, requests, replies }
    connections.add(connection)
    const forget = () => client.closed && server.closed && connections.delete(connection)
    for (const side of [client, server]) side.once('close', forget)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const each = (direction: 'requests' | 'replies', isHeld: boolean) => {
    held[direction] = isHeld
    for (const connection of connections) connection[direction].hold(isHeld)
  }
  const heldIn = (direction: 'requests' | 'replies') =>
    [...connections].reduce((sum, connection) => sum + connection[direction].heldBytes, 0)
  const cut = () => {
    for (const { client, server } of connections) {
      client.destroy()
      server.destroy()
    }
  }
  const stop = async () => {
    if (!listener.listening) return
    const closed = once(listener, 'close')
    listener.close()
    cut()
    await closed
  }
  return {
    port: (listener.address() as AddressInfo).port,
    get heldBytes() {
      return heldIn('requests')
    },
    get heldReplyBytes() {
      return heldIn('replies')
    },
    hold: () => each('requests', true),
    release: () => each('requests', false),
    holdReplies: () => each('replies', true),
    releaseReplies: () => each('replies', false),
    cut,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
