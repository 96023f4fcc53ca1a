import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

/**
 * A server's connections, each with its newest request. Node's own `closeIdleConnections` leaves those alone of which
 * no whole request has come yet; some clients and proxies open them ahead and say nothing for long.
 */
export class Connections {
  /** null: no request has come. */
  readonly #newest = new Map<Socket, Exchange | null>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#newest.set(socket, null)
      socket.once('close', () => this.#newest.delete(socket))
    })
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#newest.set(request.socket, { request, response })
    })
  }

  /** Those on which no request is being served, and no body of one is still coming. */
  closeIdle(): void {
    for (const [socket, exchange] of this.#newest) {
      const isIdle = exchange === null || (exchange.response.writableFinished && exchange.request.complete)
      if (isIdle) socket.destroy()
    }
  }
}
